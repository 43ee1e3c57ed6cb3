// Writes facts.json: code-point sets as HuggingFace's tokenizers library has them, found by asking it.
// Usage: npm install tokenizers@0.23.2 in any folder, then NODE_PATH=that/node_modules node probe.cjs facts.json
const { Tokenizer } = require("tokenizers");
const { writeFileSync } = require("fs");

const parts = (normalizer, preTokenizer) =>
  Tokenizer.fromString(
    JSON.stringify({
      version: "1.0",
      added_tokens: [],
      normalizer,
      pre_tokenizer: preTokenizer,
      model: { type: "WordLevel", vocab: { x: 0 }, unk_token: "x" },
    }),
  );
const split = (preTokenizer) => {
  const p = parts(null, preTokenizer).getPreTokenizer();
  return (text) => p.preTokenizeString(text);
};
const clean = (options) => {
  const n = parts(
    { type: "BertNormalizer", clean_text: false, handle_chinese_chars: false, strip_accents: false, lowercase: false, ...options },
    null,
  ).getNormalizer();
  return (text) => n.normalizeString(text);
};

const ranges = (points) => {
  const found = [];
  for (const c of points) {
    const last = found[found.length - 1];
    if (last && last[1] === c - 1) last[1] = c;
    else found.push([c, c]);
  }
  return found;
};
const all = [];
for (let c = 0; c < 0x110000; c++) if (c < 0xd800 || c > 0xdfff) all.push(c);
const where = (test) => ranges(all.filter((c) => test(String.fromCodePoint(c))));

const sets = {};

// Sets of Rust crates: regex's \w, unicode_categories' punctuation, other and nonspacing marks.
const whitespace = split({ type: "Whitespace" });
sets.rust_word = where((c) => whitespace(`a${c}a`).length === 1);
const digits = split({ type: "Digits", individual_digits: true });
sets.rust_numeric = where((c) => digits(`a${c}`).length === 2);
const punctuation = split({ type: "Punctuation", behavior: "Isolated" });
sets.bert_punctuation = where((c) => punctuation(`a${c}`).length === 2);
const cleaned = clean({ clean_text: true });
sets.bert_removed = where((c) => cleaned(`a${c}`) === "a");
const stripped = clean({ strip_accents: true });
sets.bert_nonspacing = where((c) => stripped(`a${c}`) === "a");

// Classes of the regex engine: one text of all code points, split by the class.
const chunks = [];
for (let i = 0; i < all.length; i += 4096) chunks.push(all.slice(i, i + 4096));
const onig = (expression) => {
  const s = split({ type: "Split", pattern: { Regex: expression }, behavior: "Removed", invert: true });
  const found = [];
  for (const chunk of chunks) for (const [piece] of s(String.fromCodePoint(...chunk))) found.push(piece.codePointAt(0));
  return ranges(found);
};
const posix = ["alnum", "alpha", "ascii", "blank", "cntrl", "digit", "graph", "lower", "print", "punct", "space", "upper", "xdigit", "word"];
for (const name of posix) sets[`posix_${name}`] = onig(`[[:${name}:]]`);
const properties = ["Alphabetic", "Uppercase", "Lowercase", "White_Space", "Emoji", "Emoji_Presentation", "Extended_Pictographic", "Ideographic", "ID_Start", "ID_Continue", "XID_Start", "XID_Continue", "Math", "Dash", "Diacritic", "Hex_Digit", "Default_Ignorable_Code_Point", "Cased", "Case_Ignorable", "Variation_Selector", "Regional_Indicator"];
const scripts = `Adlam Ahom Anatolian_Hieroglyphs Arabic Armenian Avestan Balinese Bamum Bassa_Vah Batak Bengali Bhaiksuki Bopomofo Brahmi Braille Buginese Buhid Canadian_Aboriginal Carian Caucasian_Albanian Chakma Cham Cherokee Chorasmian Common Coptic Cuneiform Cypriot Cypro_Minoan Cyrillic Deseret Devanagari Dives_Akuru Dogra Duployan Egyptian_Hieroglyphs Elbasan Elymaic Ethiopic Georgian Glagolitic Gothic Grantha Greek Gujarati Gunjala_Gondi Gurmukhi Han Hangul Hanifi_Rohingya Hanunoo Hatran Hebrew Hiragana Imperial_Aramaic Inherited Inscriptional_Pahlavi Inscriptional_Parthian Javanese Kaithi Kannada Katakana Kawi Kayah_Li Kharoshthi Khitan_Small_Script Khmer Khojki Khudawadi Lao Latin Lepcha Limbu Linear_A Linear_B Lisu Lycian Lydian Mahajani Makasar Malayalam Mandaic Manichaean Marchen Masaram_Gondi Medefaidrin Meetei_Mayek Mende_Kikakui Meroitic_Cursive Meroitic_Hieroglyphs Miao Modi Mongolian Mro Multani Myanmar Nabataean Nag_Mundari Nandinagari New_Tai_Lue Newa Nko Nushu Nyiakeng_Puachue_Hmong Ogham Ol_Chiki Old_Hungarian Old_Italic Old_North_Arabian Old_Permic Old_Persian Old_Sogdian Old_South_Arabian Old_Turkic Old_Uyghur Oriya Osage Osmanya Pahawh_Hmong Palmyrene Pau_Cin_Hau Phags_Pa Phoenician Psalter_Pahlavi Rejang Runic Samaritan Saurashtra Sharada Shavian Siddham SignWriting Sinhala Sogdian Sora_Sompeng Soyombo Sundanese Syloti_Nagri Syriac Tagalog Tagbanwa Tai_Le Tai_Tham Tai_Viet Takri Tamil Tangsa Tangut Telugu Thaana Thai Tibetan Tifinagh Tirhuta Toto Ugaritic Vai Vithkuqi Wancho Warang_Citi Yezidi Yi Zanabazar_Square Garay Gurung_Khema Kirat_Rai Ol_Onal Sunuwar Todhri Tulu_Tigalari`.split(/\s+/);
for (const name of [...properties, ...scripts]) {
  try {
    sets[`p_${name}`] = onig(`\\p{${name}}`);
  } catch {
    // The engine does not know this property: neither shall we.
    console.error(`unknown property ${name}`);
  }
}
for (const name of "L Lu Ll Lt Lm Lo M Mn Mc Me N Nd Nl No P Pc Pd Ps Pe Pi Pf Po S Sm Sc Sk So Z Zs Zl Zp C Cc Cf Cs Co Cn".split(" ")) sets[`gc_${name}`] = onig(`\\p{${name}}`);
sets.onig_s = onig("\\s");
sets.onig_w = onig("\\w");
sets.onig_d = onig("\\d");
sets.onig_h = onig("\\h");

// Scripts as the UnicodeScripts pre-tokenizer has them (an older table, Han including kana).
const script = split({ type: "UnicodeScripts" });
const same = (a, b) => script(a + b).length === 1;
const representatives = [];
let guess = 0;
for (const c of all) {
  const ch = String.fromCodePoint(c);
  if (same("a", ch) && same("α", ch)) continue;
  if (!representatives[guess] || !same(representatives[guess].first, ch)) {
    guess = representatives.findIndex((r) => same(r.first, ch));
    if (guess < 0) {
      guess = representatives.length;
      representatives.push({ first: ch, points: [] });
    }
  }
  representatives[guess].points.push(c);
}
representatives.forEach((r, i) => (sets[`script_${i}`] = ranges(r.points)));

// Grapheme clusters (as far as Precompiled sees them): a character map of our own that turns "a" into "X" replaces a
// whole cluster that begins with "a".
const units = new Uint32Array(0x400);
units[0] = 0x100 << 10;
units[0x161] = 0x61 | (1 << 8) | (0x200 << 10);
const map = Buffer.concat([Buffer.from(Uint32Array.of(units.byteLength).buffer), Buffer.from(units.buffer), Buffer.from("X\0")]);
const charsmap = parts({ type: "Precompiled", precompiled_charsmap: map.toString("base64") }, null).getNormalizer();
sets.grapheme_extending = where((c) => charsmap.normalizeString(`a${c}`) === "X");
sets.grapheme_prepend = where((c) => charsmap.normalizeString(`${c}a\u0301`).endsWith("X\u0301"));

writeFileSync(process.argv[2], JSON.stringify(sets));
console.error(`${Object.keys(sets).length} sets`);
