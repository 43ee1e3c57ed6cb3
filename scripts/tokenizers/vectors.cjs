// Writes test vectors: random small tokenizers of every component, random texts, and what HuggingFace's library makes of
// them; with --broken, tokenizers damaged at random and whether it refuses them.
// Usage: NODE_PATH=folder-with-npm-package-tokenizers@0.23.2/node_modules node vectors.cjs SEED COUNT OUT.jsonl [--broken]
const { spawnSync } = require("child_process");
const { appendFileSync, writeFileSync } = require("fs");

const [seedText, countText, out, ...rest] = process.argv.slice(2);
const broken = rest.includes("--broken");

let seed = Number(seedText) >>> 0;
const random = () => {
  seed = (seed + 0x6d2b79f5) >>> 0;
  let t = seed;
  t = Math.imul(t ^ (t >>> 15), t | 1);
  t ^= t + Math.imul(t ^ (t >>> 7), t | 61);
  return ((t ^ (t >>> 14)) >>> 0) / 4294967296;
};
const below = (n) => Math.floor(random() * n);
const pick = (list) => list[below(list.length)];
const chance = (p) => random() < p;

const fragments = [
  "Hello", " ", "  ", "\n", "\t", "world", "Don't", "it's", "IT'S", "1234567", "½", "Ⅷ", "é", "e\u0301", "Å", "ﬁ", "①", "Ａ",
  "한국", "각", "가", "日本", "カタカナ", "ー", "ひらがな", "中文", "中", "Привет", "مرحبا", "हिन्दी", "क्षि", "😀", "👨‍👩‍👧", "🏳️‍🌈", "\u200b",
  "\u200d", "\ufeff", "\u00a0", "\u3000", "\u2028", "\u0085", "\0", "\x01", "\x7f", "\ufffd", "_", "-", "—", "$", "+", "<", ">",
  "[", "]", "{", "}", "</s>", "<s>", "[MASK]", "[CLS]", "<tok>", "TOK", "tok", "Tok", "▁", "▁▁", "<0x0A>", "Ġ", "ß", "ſ", "İ", "I",
  "ΑΣ", "ẞ", "Ǆ", "\u1100\u1161\u11a8", "\u0ba8\u0bbf", "\u0308", "a\u0323\u0307", "a\u0307\u0323", "\u{11099}\u{110ba}", "𝐀", "𐐀",
  "\u0600a", "©\u200d", "\r\n", "\r", "x\u20dd", "don't", "can't", "...", "a.b", ",", "!!", "do not", "'ve", "n't", "ab", "abc",
  "b", "c", "aaaa", "abab", "cab", "ac", "camelCase", "HTTPServer", "x='s", "/*", "//", "  \n  ", "३४", "\u{11de1}",
];
const scalar = () => {
  for (;;) {
    const c = below(chance(0.5) ? 0x3000 : 0x20000);
    if (c < 0xd800 || c > 0xdfff) return String.fromCodePoint(c);
  }
};
const text = () => Array.from({ length: below(12) }, () => (chance(0.85) ? pick(fragments) : scalar())).join("");

// A character map of ours: a → X, é → e, U+FB01 → fi, ① → 1, \r → space, U+200B → nothing, combining diaeresis → ¨.
const charsmap = () => {
  const keys = [["a", "X"], ["é", "e"], ["ﬁ", "fi"], ["①", "1"], ["\r", " "], ["\u200b", ""], ["\u0308", "¨"], ["Ａ", "A"]];
  let texts = "";
  const root = new Map();
  for (const [from, to] of keys) {
    let node = root;
    for (const b of Buffer.from(from)) {
      if (!node.has(b)) node.set(b, new Map());
      node = node.get(b);
    }
    node.value = Buffer.byteLength(texts);
    texts += `${to}\0`;
  }
  const units = new Uint32Array(1 << 14);
  const used = new Set([0]);
  const place = (node, at) => {
    let base = 256;
    const slots = () => [...node.keys(), ...(node.value === undefined ? [] : [0])].map((b) => at ^ base ^ b);
    while (slots().some((s) => used.has(s) || s >= units.length)) base += 256;
    slots().forEach((s) => used.add(s));
    units[at] |= base << 10;
    if (node.value !== undefined) {
      units[at] |= 1 << 8;
      units[at ^ base] = node.value;
    }
    for (const [b, child] of node) units[at ^ base ^ b] |= b;
    for (const [b, child] of node) place(child, at ^ base ^ b);
  };
  place(root, 0);
  const trie = Buffer.from(units.slice(0, Math.max(...used) + 1).buffer);
  const size = Buffer.alloc(4);
  size.writeUInt32LE(trie.length);
  return Buffer.concat([size, trie, Buffer.from(texts)]).toString("base64");
};

const some = (list) => {
  for (;;) {
    const made = pick(list)();
    if (made) return made;
  }
};
const several = (list) => Array.from({ length: below(3) + 1 }, () => some(list));
const behavior = () => pick(["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"]);
const replaced = ["\\s+", "[aeiou]", "\\p{L}", "x*", "^a", "(?<=a)b", "\\d+", "\\b", "[[:punct:]]", "(?i)TOK", "\\s+$", "a|ab", "(a)(b)?", "[^\\x00-\\x7F]", "\\h", "(?m:.)", "$"];
const normalizers = [
  () => null,
  () => ({ type: "NFC" }),
  () => ({ type: "NFD" }),
  () => ({ type: "NFKC" }),
  () => ({ type: "NFKD" }),
  () => ({ type: "Lowercase" }),
  () => ({ type: "StripAccents" }),
  () => ({ type: "Nmt" }),
  () => (chance(0.3) ? { type: "Precompiled", precompiled_charsmap: charsmap() } : null),
  () => ({ type: "Replace", pattern: chance(0.5) ? { String: pick([" ", "a", "ab", "  ", "'"]) } : { Regex: pick(replaced) }, content: pick(["", "_", "▁", "xy", "é"]) }),
  () => ({ type: "Prepend", prepend: pick(["▁", "_", "xy", "é"]) }),
  () => ({ type: "Strip", strip_left: chance(0.6), strip_right: chance(0.6) }),
  () => ({ type: "BertNormalizer", clean_text: chance(0.7), handle_chinese_chars: chance(0.7), strip_accents: pick([null, true, false]), lowercase: chance(0.6) }),
  () => ({ type: "ByteLevel" }),
  () => ({ type: "Sequence", normalizers: chance(0.3) ? [{ type: "Prepend", prepend: "▁" }, { type: "Replace", pattern: { String: " " }, content: "▁" }] : several(normalizers) }),
];

const gpt4 = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const gpt4o =
  "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
const deepseek = [
  "\\p{N}{1,3}",
  "[一-龥\u3040-ゟ゠-ヿ]+",
  "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\r\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\r\n]*|\\s*[\r\n]+|\\s+(?!\\S)|\\s+",
];
const known = [[gpt4], [gpt4.replace("{1,3}", "")], [gpt4o], deepseek];
const patterns = ["\\s+", "\\w+|[^\\w\\s]+", gpt4, "[\\p{Han}]+", "\\d{1,3}+", "\\p{Lu}?\\p{Ll}+", "[a-z&&[^b]]+", "(?=a)", "\\b", "[^a-c]", "(?:ab)+?", "(?>a+)b", "x?", "\\p{N}", "[\\p{P}\\p{S}]++", ".", "(.)\\1", "\\R", "[[:alpha:]]+", "\\p{^L}", "\\P{L}+", "[\\s\\S]{2}", "a{,2}b", "a{2}?", "(?i)ſ", "(?i)k", "\\A.", "\\z|a", "[-a]", "[a-]", "[]a]", "\\u0041|\\x41|\\x{1F600}", "\\p{Hiragana}+", "\\p{Katakana}|ー", "(?<!a)b", "(?<n>a)\\k<n>", "\\p{Emoji}", "[\\p{L}&&\\p{ASCII}]+", "\\p{Alnum}+", "[^\\S\\n]+", "\\h+", "(?m).+", ".+?$"];
const isolated = (regex) => ({ type: "Split", pattern: { Regex: regex }, behavior: "Isolated", invert: false });
const preTokenizers = [
  () => null,
  () => ({ type: "ByteLevel", add_prefix_space: chance(0.5), trim_offsets: chance(0.5), use_regex: chance(0.7) }),
  () => ({ type: "Sequence", pretokenizers: [...pick(known).map(isolated), { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false }] }),
  () => ({ type: "Metaspace", replacement: "▁", prepend_scheme: pick(["first", "never", "always"]), split: chance(0.6) }),
  () => ({ type: "Whitespace" }),
  () => ({ type: "WhitespaceSplit" }),
  () => ({ type: "Digits", individual_digits: chance(0.5) }),
  () => ({ type: "Punctuation", behavior: behavior() }),
  () => ({ type: "BertPreTokenizer" }),
  () => ({ type: "CharDelimiterSplit", delimiter: pick([" ", "a", "中", "-"]) }),
  () => ({ type: "UnicodeScripts" }),
  () => ({ type: "FixedLength", length: below(4) + 1 }),
  () => ({ type: "Split", pattern: chance(0.4) ? { String: pick([" ", "a", "ab", ".", "  "]) } : { Regex: pick(patterns) }, behavior: behavior(), invert: chance(0.4) }),
  () => ({ type: "Sequence", pretokenizers: several(preTokenizers) }),
];

const letters = "abcdehlotwrd nITSs'▁.Ġé中日本한국ÃĠ©12é$-_,";
const byteLetters = Array.from({ length: 256 }, (_, b) => b);
let next = 256;
for (let b = 0; b < 256; b++) byteLetters[b] = String.fromCodePoint((b >= 33 && b <= 126) || (b >= 161 && b <= 172) || b >= 174 ? b : next++);
const byteToken = (b) => `<0x${b.toString(16).toUpperCase().padStart(2, "0")}>`;

const bpe = () => {
  const bytes = chance(0.5);
  const fallback = !bytes && chance(0.6);
  const prefix = !fallback && chance(0.15) ? "##" : null;
  const suffix = !fallback && chance(0.15) ? "</w>" : null;
  const vocab = new Map();
  const add = (token) => (vocab.has(token) || vocab.set(token, vocab.size), token);
  if (chance(0.6)) add("<unk>");
  const all = chance(0.8);
  if (fallback) for (let b = 0; b < 256; b++) if (all || chance(0.99)) add(byteToken(b));
  const symbols = (bytes ? byteLetters : [...letters]).map(add);
  for (const c of symbols.slice(0, 40)) {
    if (prefix) add(prefix + c);
    if (suffix) add(c + suffix);
  }
  const merges = [];
  const hot = [...(bytes ? "abcdehlotwrdnITSsĠ" : "abcdehlotwrdITSs▁'")];
  for (let i = 0; i < 80; i++) {
    const [a, b] = [chance(0.7) ? pick(hot) : pick(symbols), chance(0.7) ? pick(hot) : pick(symbols)];
    if (!vocab.has(a) || !vocab.has(b) || (prefix && !b.startsWith(prefix))) continue;
    hot.push(add(a + (prefix ? b.slice(prefix.length) : b)));
    merges.push([a, b]);
  }
  const lines = chance(0.5) && !merges.flat().some((t) => t.includes(" "));
  return {
    type: "BPE", dropout: null, unk_token: vocab.has("<unk>") && chance(0.8) ? "<unk>" : null, continuing_subword_prefix: prefix,
    end_of_word_suffix: suffix, fuse_unk: chance(0.5), byte_fallback: fallback, ignore_merges: chance(0.3),
    vocab: Object.fromEntries(vocab), merges: lines ? merges.map((m) => m.join(" ")) : merges,
  };
};
const wordPiece = () => {
  const vocab = { "[UNK]": 0 };
  const add = (t) => (vocab[t] ??= Object.keys(vocab).length);
  for (const c of letters) {
    add(c);
    if (chance(0.8)) add(`##${c}`);
  }
  for (const w of ["hello", "world", "##ll", "##lo", "he", "wor", "ab", "##ab", "日本"]) add(w);
  return { type: "WordPiece", unk_token: "[UNK]", continuing_subword_prefix: "##", max_input_chars_per_word: pick([100, 5]), vocab };
};
const wordLevel = () => {
  const words = ["<unk>", "Hello", "world", "hello", "a", "ab", "▁", "▁Hello", "中文", "it", "s", "'", " ", "1", "b", "c", ".", "Ġworld"];
  return { type: "WordLevel", vocab: Object.fromEntries(words.map((w, i) => [w, i])), unk_token: "<unk>" };
};
const unigram = () => {
  const tokens = new Set(["<unk>"]);
  const all = chance(0.7);
  if (chance(0.4)) for (let b = 0; b < 256; b++) if (all || chance(0.99)) tokens.add(byteToken(b));
  for (const c of letters) if (chance(0.9)) tokens.add(c);
  for (const w of ["Hello", "world", "▁Hello", "▁world", "▁it", "'s", "ab", "abc", "bc", "aa", "aaa", "日本", "中文", "ll", "lo", "Hel"]) tokens.add(w);
  return { type: "Unigram", unk_id: 0, vocab: [...tokens].map((t, i) => [t, i ? -Math.round(random() * 1000) / 100 - 1 : 0]), byte_fallback: chance(0.5) };
};

const decoders = [
  () => null,
  () => ({ type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true }),
  () => ({ type: "ByteFallback" }),
  () => ({ type: "Fuse" }),
  () => ({ type: "Metaspace", replacement: "▁", prepend_scheme: pick(["first", "never", "always"]), split: true }),
  () => ({ type: "Replace", pattern: chance(0.5) ? { String: pick(["▁", "a", "</w>"]) } : { Regex: pick(["\\s+", "a+", "x*", "▁|l"]) }, content: pick([" ", "", "z"]) }),
  () => ({ type: "WordPiece", prefix: "##", cleanup: chance(0.5) }),
  () => ({ type: "BPEDecoder", suffix: "</w>" }),
  () => ({ type: "CTC", pad_token: "<pad>", word_delimiter_token: "|", cleanup: chance(0.5) }),
  () => ({ type: "Strip", content: pick([" ", "▁", "a"]), start: below(2), stop: 0 }),
  () => ({ type: "Sequence", decoders: several(decoders) }),
];
const special = (id) => ({ SpecialToken: { id, type_id: 0 } });
const sequence = (id, type_id) => ({ Sequence: { id, type_id } });
const byteLevel = () => ({ type: "ByteLevel", add_prefix_space: chance(0.5), trim_offsets: chance(0.6), use_regex: true });
const adding = [
  () => ({ type: "BertProcessing", sep: ["[SEP]", 102], cls: ["[CLS]", 101] }),
  () => ({ type: "RobertaProcessing", sep: ["</s>", 2], cls: ["<s>", 0], trim_offsets: chance(0.6), add_prefix_space: chance(0.5) }),
  () => ({
    type: "TemplateProcessing",
    single: [special("[CLS]"), sequence("A", 0), special("[SEP]")],
    pair: [sequence("A", 0), sequence("B", 1)],
    special_tokens: { "[CLS]": { id: "[CLS]", ids: [1, 2], tokens: ["[CLS]", " x"] }, "[SEP]": { id: "[SEP]", ids: [3], tokens: ["[SEP]"] } },
  }),
];
// A template may stand only once and last: the reference aborts otherwise.
const postProcessors = [() => null, byteLevel, ...adding, () => ({ type: "Sequence", processors: [byteLevel(), ...(chance(0.5) ? [pick(adding)()] : [])] })];

const added = () =>
  ["</s>", "<s>", "[MASK]", "<tok>", "TOK", "  ", "ab", "Hello", "a", "中", "é"]
    .filter(() => chance(0.3))
    .map((content, id) => ({ id, content, single_word: chance(0.2), lstrip: chance(0.25), rstrip: chance(0.25), normalized: chance(0.4), special: chance(0.5) }));

const tokenizer = () => ({
  version: "1.0",
  truncation: chance(0.1) ? { direction: pick(["Left", "Right"]), max_length: below(8) + 1, strategy: pick(["LongestFirst", "OnlyFirst"]), stride: 0 } : null,
  padding: chance(0.1) ? { strategy: pick(["BatchLongest", { Fixed: below(12) }]), direction: pick(["Left", "Right"]), pad_to_multiple_of: pick([null, 4]), pad_id: 7, pad_type_id: 0, pad_token: "[PAD]" } : null,
  added_tokens: chance(0.7) ? added() : [],
  normalizer: pick(normalizers)(),
  pre_tokenizer: pick(preTokenizers)(),
  post_processor: pick(postProcessors)(),
  decoder: pick(decoders)(),
  model: pick([bpe, bpe, bpe, wordPiece, wordLevel, unigram, unigram])(),
});

// Damage: a field lost, renamed or given another value, somewhere in the file.
const damage = (root) => {
  const places = [];
  const walk = (node, path) => {
    if (node === null || typeof node !== "object" || path.endsWith("vocab") || path.endsWith("merges")) return;
    for (const key of Object.keys(node)) {
      places.push([node, key]);
      walk(node[key], `${path}.${key}`);
    }
  };
  walk(root, "");
  const [node, key] = pick(places);
  const kind = below(4);
  if (kind === 0 && !Array.isArray(node)) delete node[key];
  else if (kind === 1) node[key] = pick([null, true, 3, -1, 1.5, "x", "", [], {}]);
  else if (kind === 2 && key === "type") node[key] = pick(["Nope", "BPE", "ByteLevel", "Sequence", ""]);
  else if (kind === 3) root.model.merges = pick([["a"], ["a b c"], [["a"]], ["a zz"], [["a", "b"], "a b"], null, "a b", [1]]);
  else node[key] = pick(["(", "[a", "a{2,1}", "\\p{Nope}", "*a", "(?<n", "a)"]);
  return root;
};

const work = async () => {
  const { Tokenizer } = require("tokenizers");
  const config = tokenizer();
  const json = JSON.stringify(broken ? damage(config) : config);
  const texts = Array.from({ length: broken ? 0 : 12 }, text);
  let reference;
  try {
    reference = Tokenizer.fromString(json);
  } catch (error) {
    appendFileSync(out, JSON.stringify({ tokenizer: json, error: String(error.message) }) + "\n");
    return;
  }
  const cases = [];
  for (const t of texts) {
    const plain = await reference.encode(t, null, { addSpecialTokens: false });
    const whole = await reference.encode(t);
    const [i, s] = [plain.getIds(), whole.getIds()];
    cases.push({ t, i, o: plain.getOffsets().flat(), s, so: whole.getOffsets().flat(), d: await reference.decode(i, false), k: await reference.decode(s, true) });
  }
  appendFileSync(out, JSON.stringify({ tokenizer: json, error: null, cases }) + "\n");
};

if (rest.includes("--child")) {
  work();
} else {
  // One process for each: the library aborts the process on some of them, and those are left out.
  writeFileSync(out, "");
  for (let i = 0; i < Number(countText); i++) {
    spawnSync(process.execPath, [__filename, String(seed + i * 104729), "1", out, "--child", ...rest], { stdio: "ignore" });
  }
}
