// Chat rows made of a word list, and Node's own reading of them.
//   node validate.mjs make FILE MEGABYTES     conversations of two to sixteen messages
//   node validate.mjs short FILE ROWS         one short question and answer a row, one in ten nearly equal to another
//   node validate.mjs parse FILE              JSON.parse of every line
import { createReadStream, openSync, writeSync, closeSync } from "node:fs";
import { createInterface } from "node:readline";

const [mode, file, size] = process.argv.slice(2);
let state = 12345;
const random = (n) => ((state = (Math.imul(state, 1664525) + 1013904223) >>> 0) >>> 8) % n;
const words =
  "the of a and to in that is for it with as on be this by are from at or an have not you which but all their when can more will one about into has them time some only two over new these people may then do first any like my now our such your work well also because use through data model answer question turn system user token mask loss train café naïve 你好 данные".split(
    " "
  );
const text = (n) => Array.from({ length: n }, () => words[random(words.length)]).join(" ");

function conversation(i) {
  const messages = [{ role: "system", content: "You are a helpful assistant. " + text(12) }];
  for (let turn = 1 + random(8); turn > 0; turn--) {
    messages.push({ role: "user", content: text(5 + random(60)) + "?" });
    messages.push({ role: "assistant", content: text(20 + random(150)) + ".\n\n" + text(10 + random(100)) + "." });
  }
  return { id: "row-" + i, messages };
}

function short(i) {
  const question = random(10) === 0 && i > 0 ? short.last + " again" : text(15);
  short.last = question;
  return { messages: [{ role: "user", content: question }, { role: "assistant", content: text(25) }] };
}

if (mode === "parse") {
  let rows = 0;
  for await (const line of createInterface({ input: createReadStream(file) })) {
    JSON.parse(line);
    rows++;
  }
  console.log(rows + " rows");
} else {
  const out = openSync(file, "w");
  const limit = Number(size) * (mode === "make" ? 1e6 : 1);
  for (let done = 0, i = 0; done < limit; ) {
    let block = "";
    for (let k = 0; k < 1000 && done < limit; k++, i++) {
      const line = JSON.stringify(mode === "make" ? conversation(i) : short(i)) + "\n";
      block += line;
      done += mode === "make" ? Buffer.byteLength(line) : 1;
    }
    writeSync(out, block);
  }
  closeSync(out);
}
