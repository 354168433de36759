"""Puts wllama, which runs GGUF files in a browser, into the package: data/wllama/wllama.zip.

    python scripts/vendor_wllama.py [--version 3.13.0]

npm fetches the package and checks it. What a page needs of it is packed the same way each time, so that the
same version gives the same bytes.
"""

from __future__ import annotations

import argparse
import subprocess
import tarfile
import tempfile
import zipfile
from pathlib import Path

TARGET = Path(__file__).parent.parent / "src" / "huggingtweets" / "data" / "wllama" / "wllama.zip"
FILES = ("esm/index.min.js", "esm/wasm/wllama.wasm", "LICENCE")


def main() -> None:
    """Fetch and pack."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--version", default="3.13.0")
    version = parser.parse_args().version
    with tempfile.TemporaryDirectory() as place:
        subprocess.run(["npm", "pack", f"@wllama/wllama@{version}"], cwd=place, check=True)
        [package] = Path(place).glob("*.tgz")
        with tarfile.open(package) as archive, zipfile.ZipFile(TARGET, "w") as packed:
            for name in FILES:
                file = archive.extractfile(f"package/{name}")
                if file is None:
                    raise SystemExit(f"the package has no {name}")
                entry = zipfile.ZipInfo(Path(name).name)  # of 1980, as all times in it
                entry.external_attr = 0o644 << 16
                packed.writestr(entry, file.read(), zipfile.ZIP_DEFLATED, 9)
    print(TARGET, TARGET.stat().st_size)


if __name__ == "__main__":
    main()
