// A folder that is dropped or chosen becomes a zip file, as networks give it: uploads keep no folders.
(() => {
  "use strict";
  const MEDIA = /^(audio|video|image)\//;
  const SMALL = 300_000; // bytes of a picture that may be the person's; others are not needed
  const encoder = new TextEncoder();

  const TABLE = Uint32Array.from({ length: 256 }, (_, byte) => {
    for (let bit = 0; bit < 8; bit++) byte = byte & 1 ? 0xedb88320 ^ (byte >>> 1) : byte >>> 1;
    return byte;
  });
  function crc32(bytes) {
    let crc = -1;
    for (const byte of bytes) crc = TABLE[(crc ^ byte) & 255] ^ (crc >>> 8);
    return ~crc >>> 0;
  }

  // Fields of a zip file (PKWARE APPNOTE 6.3): [bytes, value] each, the lowest byte first.
  function fields(...pairs) {
    const view = new DataView(new ArrayBuffer(pairs.reduce((sum, [size]) => sum + size, 0)));
    let at = 0;
    for (const [size, value] of pairs) {
      size === 2 ? view.setUint16(at, value, true) : view.setUint32(at, value, true);
      at += size;
    }
    return view.buffer;
  }
  const UTF8_NAMES = 0x800, NEW_YEAR_1980 = 0x21, VERSION = 20;

  // A zip file of [path, File] pairs, not compressed. Its fields have room for so many files, and so many bytes.
  const MOST_FILES = 0xffff, MOST_BYTES = 0xffffffff, OF_FIELDS = 76; // bytes of a file's fields, beside its names
  function fits(files) {
    const bytes = ([path, file]) => file.size + OF_FIELDS + 2 * encoder.encode(path).length;
    return files.length <= MOST_FILES && files.reduce((sum, each) => sum + bytes(each), 0) < MOST_BYTES;
  }
  async function zip(files) {
    const parts = [], directory = [];
    let at = 0, directorySize = 0;
    for (const [path, file] of files) {
      const bytes = new Uint8Array(await file.arrayBuffer());
      const name = encoder.encode(path);
      const about = [
        [2, VERSION], [2, UTF8_NAMES], [2, 0], [2, 0], [2, NEW_YEAR_1980],
        [4, crc32(bytes)], [4, bytes.length], [4, bytes.length], [2, name.length], [2, 0],
      ];
      const head = fields([4, 0x04034b50], ...about);
      parts.push(head, name, file);
      const entry = fields([4, 0x02014b50], [2, VERSION], ...about, [2, 0], [2, 0], [2, 0], [4, 0], [4, at]);
      directory.push(entry, name);
      directorySize += entry.byteLength + name.length;
      at += head.byteLength + name.length + bytes.length;
    }
    const end = fields(
      [4, 0x06054b50], [2, 0], [2, 0], [2, files.length], [2, files.length], [4, directorySize], [4, at], [2, 0],
    );
    return new Blob([...parts, ...directory, end], { type: "application/zip" });
  }

  const isNeeded = (file) => !MEDIA.test(file.type) || (file.type.startsWith("image/") && file.size < SMALL);

  function upload(archive) {
    const input = document.querySelector(".ht-drop input[type=file]");
    const transfer = new DataTransfer();
    transfer.items.add(archive);
    input.files = transfer.files;
    input.dispatchEvent(new Event("change", { bubbles: true }));
  }

  // Upload [path, File] pairs, or what will be those, as one zip file; say so where that cannot be done.
  async function take(name, files) {
    const told = document.querySelector("#folder-told p"), { words } = window.huggingtweets;
    told.textContent = "";
    try {
      const needed = (await files).filter(([, file]) => isNeeded(file));
      if (fits(needed)) upload(new File([await zip(needed)], `${name}.zip`));
      else told.textContent = words().folderTooLarge;
    } catch {
      told.textContent = words().folderUnreadable;
    }
  }

  // All files below an entry of a drop, with their paths.
  async function walk(entry) {
    if (entry.isFile) return [[entry.fullPath.slice(1), await new Promise((done, fail) => entry.file(done, fail))]];
    const reader = entry.createReader(), files = [];
    for (;;) { // a reader gives some entries at a time
      const entries = await new Promise((done, fail) => reader.readEntries(done, fail));
      if (!entries.length) return files;
      for (const each of entries) files.push(...(await walk(each)));
    }
  }
  document.addEventListener("drop", (event) => {
    if (!event.target.closest?.(".ht-drop")) return;
    const entries = [...event.dataTransfer.items].map((item) => item.webkitGetAsEntry?.());
    const folder = entries.find((entry) => entry?.isDirectory);
    if (!folder) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    take(folder.name, walk(folder));
  }, true);

  window.huggingtweets.chooseFolder = () => {
    const picker = Object.assign(document.createElement("input"), { type: "file", webkitdirectory: true });
    picker.addEventListener("change", () => {
      // A browser that chooses no folders gives a file without a path.
      const files = [...picker.files].map((file) => [file.webkitRelativePath || file.name, file]);
      if (files.length) take(files[0][0].split("/")[0], files);
    });
    picker.click();
  };
})();
