// Writes src/MultiTurnTrainer.Unicode/unicode.bin from facts.json (probe.cjs), combining.json (combining.pl)
// and rust-unicode.json (maps of the reference's normalizers). See README.md for the steps, UnicodeData.cs for the format.
const { readFileSync, writeFileSync } = require("fs");
const [facts, combining, rust] = process.argv.slice(2, 5).map((f) => JSON.parse(readFileSync(f, "utf8")));

const out = [];
const varint = (n) => {
  while (n >= 0x80) {
    out.push((n & 0x7f) | 0x80);
    n = Math.floor(n / 128);
  }
  out.push(n);
};
const name = (s) => {
  varint(s.length);
  for (const c of Buffer.from(s, "ascii")) out.push(c);
};

// Sets: ranges as (gap since the last range's end, length - 1).
const sets = { ...facts };
for (const k of Object.keys(combining)) sets[`ccc_${k}`] = combining[k];
const removed = rust.norm.strip;
if (removed.some(([, to]) => to.length)) throw new Error("StripAccents maps to something");
sets.strip_accents = removed.reduce((r, [c]) => {
  const last = r[r.length - 1];
  if (last && last[1] === c - 1) last[1] = c;
  else r.push([c, c]);
  return r;
}, []);
// The two sources must agree where they overlap.
for (const [key, other] of Object.entries({ "\\p{L}": "gc_L", "\\p{N}": "gc_N", "\\s": "onig_s", "\\p{M}": "gc_M", "\\p{P}": "gc_P", "\\p{S}": "gc_S", "\\w": "onig_w", "\\p{Han}": "p_Han" }))
  if (JSON.stringify(rust.classes[key]) !== JSON.stringify(sets[other])) throw new Error(`${key} differs from ${other}`);
varint(Object.keys(sets).length);
for (const key of Object.keys(sets).sort()) {
  name(key);
  varint(sets[key].length);
  let at = 0;
  for (const [first, last] of sets[key]) {
    varint(first - at);
    varint(last - first);
    at = last + 1;
  }
}

// Maps: (gap, count, scalars). Hangul syllables decompose by arithmetic and are left out.
const hangul = (c) => c >= 0xac00 && c <= 0xd7a3;
const maps = { lower: rust.norm.lower, nfd: rust.norm.nfd, nfkd: rust.norm.nfkd };
varint(Object.keys(maps).length);
for (const key of Object.keys(maps)) {
  const entries = maps[key].filter(([c]) => !hangul(c)).sort((a, b) => a[0] - b[0]);
  name(key);
  varint(entries.length);
  let at = 0;
  for (const [c, to] of entries) {
    varint(c - at);
    varint(to.length);
    to.forEach(varint);
    at = c + 1;
  }
}

// Compositions: the characters that NFC leaves alone, as (first, second, composed).
const changed = new Set(rust.norm.nfc.map(([c]) => c));
const whole = new Map();
const composites = rust.norm.nfd.filter(([c]) => !hangul(c) && !changed.has(c));
for (const [c, to] of composites) whole.set(to.join(), c);
varint(composites.length);
for (const [c, to] of composites) {
  if (to.length < 2) throw new Error(`U+${c.toString(16)} composes from one scalar`);
  const head = to.slice(0, -1);
  const first = head.length === 1 ? head[0] : whole.get(head.join());
  if (first === undefined) throw new Error(`U+${c.toString(16)} has no first half`);
  varint(first);
  varint(to[to.length - 1]);
  varint(c);
}

writeFileSync(process.argv[5], Buffer.from(out));
console.error(`${Object.keys(sets).length} sets, ${out.length} bytes`);
