// A post as a picture to be shared: 1200 by 630 pixels.

const SIZES = [44, 36, 28, 22]; // of a post in a picture
const RIGHT_TO_LEFT = /^\P{L}*[\p{Script=Arabic}\p{Script=Hebrew}\p{Script=Syriac}\p{Script=Thaana}\p{Script=Nko}]/u;

/** A post as a picture that says that it is a bot's. */
export function picture(bot, text) {
  const canvas = Object.assign(document.createElement("canvas"), { width: 1200, height: 630 });
  const pen = canvas.getContext("2d");
  pen.fillStyle = "#fffdf8";
  pen.fillRect(0, 0, 1200, 630);
  pen.fillStyle = "#1b1b1f";
  pen.font = "600 34px system-ui, sans-serif";
  pen.fillText(`${bot.name} · AI bot`, 70, 100, 1060);
  const [size, rows] = fitted(pen, text);
  pen.direction = RIGHT_TO_LEFT.test(text) ? "rtl" : "ltr";
  rows.forEach((line, number) => pen.fillText(line, pen.direction === "rtl" ? 1130 : 70, 146 + 1.32 * size * (number + 0.75)));
  pen.direction = "ltr";
  pen.fillStyle = "#6b6b76";
  pen.font = "24px system-ui, sans-serif";
  pen.fillText(bot.caption, 70, 590, 1060);
  return canvas;
}

/** The largest size in which all lines of a text fit into the picture, and these; of the smallest what fits. */
export function fitted(pen, text) {
  for (const size of SIZES) {
    pen.font = `${size}px system-ui, sans-serif`;
    const [rows, most] = [lines(pen, text, 1060), Math.floor(400 / (1.32 * size))];
    if (rows.length <= most) return [size, rows];
    if (size === SIZES.at(-1)) return [size, [...rows.slice(0, most - 1), `${rows[most - 1]} …`]];
  }
}

/** The text in lines of a width; a word that is wider, as in scripts without spaces, is cut between characters. */
function lines(pen, text, width) {
  const fits = (line) => pen.measureText(line).width <= width;
  const done = [];
  let line = "";
  for (const word of text.split(/\s+/u)) {
    const pieces = fits(word) ? [word] : Array.from(word);
    pieces.forEach((piece, number) => {
      const longer = line && !number ? `${line} ${piece}` : line + piece;
      if (line && !fits(longer)) done.push(line);
      line = line && !fits(longer) ? piece : longer;
    });
  }
  return [...done, line];
}
