// Writes test vectors: every component of tokenizer.json with every one of its fields left out, doubled under another name
// or given another value, and whether HuggingFace's library refuses it.
// Usage: NODE_PATH=folder-with-npm-package-tokenizers@0.23.2/node_modules node fields.cjs OUT.jsonl
const { spawnSync } = require("child_process");
const { appendFileSync, readFileSync, writeFileSync } = require("fs");

const vocab = { "<unk>": 0, a: 1, b: 2, " ": 3, ab: 4 };
const wordLevel = { type: "WordLevel", vocab, unk_token: "<unk>" };
const empty = {
  version: "1.0", truncation: null, padding: null, added_tokens: [], normalizer: null, pre_tokenizer: null,
  post_processor: null, decoder: null, model: wordLevel,
};
const strip = { type: "Strip", strip_left: true, strip_right: false };
const byteLevel = { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true };
const bert = { type: "BertProcessing", sep: ["[SEP]", 102], cls: ["[CLS]", 101] };
const padding = { direction: "Right", pad_to_multiple_of: 4, pad_id: 7, pad_type_id: 0, pad_token: "[PAD]" };
const special = { SpecialToken: { id: "[CLS]", type_id: 0 } };
const sequence = (id, type_id) => ({ Sequence: { id, type_id } });
const components = {
  model: [
    wordLevel,
    {
      type: "BPE", dropout: null, unk_token: "<unk>", continuing_subword_prefix: "", end_of_word_suffix: "", fuse_unk: true,
      byte_fallback: true, ignore_merges: true, vocab, merges: ["a b"],
    },
    { type: "WordPiece", unk_token: "<unk>", continuing_subword_prefix: "##", max_input_chars_per_word: 5, vocab },
    { type: "Unigram", unk_id: 0, vocab: Object.keys(vocab).map((token, i) => [token, -i]), byte_fallback: true },
  ],
  added_tokens: [[{ id: 9, content: "xy", single_word: false, lstrip: false, rstrip: false, normalized: true, special: true }]],
  truncation: [{ direction: "Right", max_length: 3, strategy: "LongestFirst", stride: 0 }],
  padding: [{ strategy: "BatchLongest", ...padding }, { strategy: { Fixed: 6 }, ...padding }],
  normalizer: [
    { type: "NFC" }, { type: "StripAccents" }, { type: "Nmt" }, { type: "Lowercase" }, { type: "ByteLevel" },
    { type: "Replace", pattern: { Regex: "a" }, content: "b" }, { type: "Replace", pattern: { String: "a" }, content: "b" },
    { type: "Prepend", prepend: "a" }, strip,
    { type: "BertNormalizer", clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true },
    { type: "Sequence", normalizers: [{ type: "NFC" }, strip] },
  ],
  pre_tokenizer: [
    byteLevel, { type: "Metaspace", replacement: "▁", prepend_scheme: "always", split: true },
    { type: "Metaspace", replacement: "▁", add_prefix_space: true, str_rep: "▁" },
    { type: "Metaspace", replacement: "▁", add_prefix_space: true, prepend_scheme: "first" },
    { type: "Whitespace" }, { type: "WhitespaceSplit" }, { type: "Digits", individual_digits: true },
    { type: "Punctuation", behavior: "Removed" }, { type: "BertPreTokenizer" }, { type: "CharDelimiterSplit", delimiter: "a" },
    { type: "UnicodeScripts" }, { type: "FixedLength", length: 2 },
    { type: "Split", pattern: { Regex: "a" }, behavior: "Removed", invert: false },
    { type: "Split", pattern: { String: "a" }, behavior: "Isolated", invert: true },
    { type: "Sequence", pretokenizers: [{ type: "Whitespace" }, { type: "Digits", individual_digits: false }] },
  ],
  decoder: [
    byteLevel, { type: "ByteFallback" }, { type: "Fuse" },
    { type: "Metaspace", replacement: "▁", prepend_scheme: "first", split: true },
    { type: "Metaspace", replacement: "▁", add_prefix_space: true }, { type: "Replace", pattern: { String: "a" }, content: "z" },
    { type: "Replace", pattern: { Regex: "a" }, content: "z" }, { type: "WordPiece", prefix: "##", cleanup: true },
    { type: "BPEDecoder", suffix: "b" }, { type: "CTC", pad_token: "a", word_delimiter_token: "b", cleanup: true },
    { type: "Strip", content: "a", start: 1, stop: 1 },
    { type: "Sequence", decoders: [{ type: "Fuse" }, { type: "Strip", content: " ", start: 1, stop: 0 }] },
  ],
  post_processor: [
    byteLevel, bert, { type: "RobertaProcessing", sep: ["</s>", 2], cls: ["<s>", 0], trim_offsets: true, add_prefix_space: true },
    {
      type: "TemplateProcessing", single: [special, sequence("A", 0)], pair: [sequence("A", 0), special, sequence("B", 1)],
      special_tokens: { "[CLS]": { id: "[CLS]", ids: [1, 2], tokens: ["[CLS]", " x"] } },
    },
    { type: "Sequence", processors: [byteLevel, bert] },
  ],
};
const values = [null, true, 3, -1, 1.5, "x", "", [], {}, { a: 1 }, "A", "always", "Left", 0, 5e9];

// Lengths of memory to take are not made huge, and pieces of length 0 load there but abort when they are used.
const isMeant = (path, value) => (value !== 5e9 || /\.(id|pad_id|pad_type_id|type_id)$/.test(path)) && !(value === 0 && path === ".length");
const files = () => {
  const made = new Set([JSON.stringify({ ...empty, extra: null }), JSON.stringify({ ...empty, version: "2.0" })]);
  for (const [section, kinds] of Object.entries(components)) {
    for (const kind of kinds) {
      const walk = (reach, path) => {
        const node = reach(kind);
        if (node === null || typeof node !== "object" || path === ".vocab") return;
        for (const key of Object.keys(node)) {
          const at = `${path}.${key}`;
          const make = (change) => {
            const copy = structuredClone(kind);
            change(reach(copy));
            made.add(JSON.stringify({ ...empty, [section]: copy }));
          };
          make((n) => (Array.isArray(n) ? n.splice(Number(key), 1) : delete n[key]));
          for (const value of values) if (isMeant(at, value)) make((n) => (n[key] = value));
          if (!Array.isArray(node)) make((n) => (n[`${key}x`] = n[key]));
          walk((root) => reach(root)[key], at);
        }
      };
      walk((root) => root, "");
    }
  }
  return [...made];
};

const [out, from] = process.argv.slice(2);
const all = files();
if (from !== undefined) {
  // The child: the library aborts the process on some files, and those are left out.
  const { Tokenizer } = require("tokenizers");
  for (let i = Number(from); i < all.length; i++) {
    writeFileSync(`${out}.at`, String(i + 1));
    let error = null;
    try {
      Tokenizer.fromString(all[i]);
    } catch (problem) {
      error = String(problem.message);
    }
    appendFileSync(out, JSON.stringify({ tokenizer: all[i], error }) + "\n");
  }
} else {
  writeFileSync(out, "");
  writeFileSync(`${out}.at`, "0");
  for (let at = 0; at < all.length; at = Number(readFileSync(`${out}.at`, "utf8"))) {
    spawnSync(process.execPath, [__filename, out, String(at)], { stdio: "ignore" });
  }
}
