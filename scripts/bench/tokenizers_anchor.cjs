// The anchor of the tokenizer benchmark: HuggingFace's Rust library through its own npm package, one thread, documents
// one after the other, as the package offers it (with character offsets). Prints one line of JSON.
// Usage: node tokenizers_anchor.cjs TOKENIZER.json CORPUS.jsonl[.gz] MEGABYTES
const { Tokenizer } = require("tokenizers");
const { readFileSync } = require("fs");
const { gunzipSync } = require("zlib");
const { basename, dirname } = require("path");

const [file, corpus, megabytes] = process.argv.slice(2);
const rounds = 3;
const seconds = (from) => Number(process.hrtime.bigint() - from) / 1e9;

const bytes = readFileSync(corpus);
const lines = (corpus.endsWith(".gz") ? gunzipSync(bytes) : bytes).toString("utf8").split("\n");
const texts = [];
let size = 0;
for (const line of lines) {
  if (!line || size >= Number(megabytes) * 1e6) break;
  texts.push(JSON.parse(line).text);
  size += Buffer.byteLength(texts[texts.length - 1]);
}

const main = async () => {
  let load = Infinity;
  let best = Infinity;
  let tokens = 0;
  for (let round = 0; round < rounds; round++) {
    let start = process.hrtime.bigint();
    const tokenizer = Tokenizer.fromFile(file);
    load = Math.min(load, seconds(start));
    tokens = 0;
    start = process.hrtime.bigint();
    for (const text of texts) tokens += (await tokenizer.encode(text, null, { addSpecialTokens: false })).getLength();
    best = Math.min(best, seconds(start));
  }
  console.log(
    JSON.stringify({
      model: basename(dirname(file)),
      megabytes: +(size / 1e6).toFixed(1),
      tokens,
      mb_s: +(size / 1e6 / best).toFixed(2),
      load_ms: Math.round(load * 1000),
    }),
  );
};
main();
