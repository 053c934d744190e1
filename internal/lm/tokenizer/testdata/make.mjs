// Writes the tokenizers and the vectors of this folder: for each NAME/ a small
// tokenizer.json of our own, and what the reference library makes of our texts.
//
//   npm install tokenizers@0.23.2      (outside the repository)
//   NODE_PATH=.../node_modules node make.mjs
//
// trained-bpe/ and trained-wordpiece/ come from the Go trainers:
//   go test -run TestTrainedVocabularies -update .
import fs from 'fs'
import { createRequire } from 'module'
const { Tokenizer } = createRequire(import.meta.url)('tokenizers')

const read = (f) => fs.readFileSync(new URL(f, import.meta.url), 'utf8')
const bpeVocab = JSON.parse(read('trained-bpe/vocab.json'))
const bpeMerges = read('trained-bpe/merges.txt').trim().split('\n').slice(1).map((l) => l.split(' '))
const pieces = read('trained-wordpiece/vocab.txt').trimEnd().split('\n')
const number = (tokens) => Object.fromEntries(tokens.map((t, i) => [t, i]))

// Texts with what usually goes wrong.
const texts = [
  'The baker opens her shop before the sun is up.',
  "It's older than I'll admit; they've said it wasn't hers, and we're sure he'd agree. I'm.",
  "IT'S OLDER, THEY'VE SAID; WE'RE SURE HE'D AGREE, I'LL SAY, I'M. It'ſ odd",
  '',
  ' ',
  '   ',
  ' leading', 'trailing ', '  two  blanks   three ',
  'tab\there\t\ttwo', 'line\nfeed\n\ntwo\n', 'carriage\r\nreturn\r\n\r\ntwo', ' \n \n x', 'x \n\n y', 'end of text  \n',
  'no\u00a0break, thin\u2009space, ideographic\u3000space, line\u2028separator',
  'zero\u200bwidth \u200djoiner\u200d \ufeffbom soft\u00adhyphen',
  'nul\u0000byte, bell\u0007, escape\u001b[0m, delete\u007f, c1\u0085\u009b',
  'naïve café, résumé, Ångström, façade, coöperate',
  'nai\u0308ve cafe\u0301, A\u030angstro\u0308m',
  'Straße, ẞ, İstanbul, ıslak, ﬁne ﬂow, ①②③, ½, ™, Ⅷ, ㎏',
  'Сегодня утром ПОЕЗД опоздал', 'Το ΤΡΕΝΟ έφυγε στις ΟΚΤΩ', 'ركبنا القطار في الصباح', 'עברית עם נִקּוּד',
  '今天早上下雨了,我们在车站等了很久。', '朝ごはんを食べてから、駅まで', '오늘 아침에는 비가 와서', '각 vs 각', 'ภาษาไทยไม่มีช่องว่าง', 'नमस्ते दुनिया',
  '👍 👍🏽 👩‍👩‍👧‍👦 🇩🇪🇫🇷 ❤️ 1️⃣', '𝕄𝕒𝕥𝕙 𝟙𝟚 𐍈 𠀋𪚥',
  '1234567 12 3.14159 1,500 0x1F 1e-5 ١٢٣ ²³', 'a1b22c333', '$5.00 + 3% = #7 & @home ~ ^ ` | < > _x_',
  'e.g. U.S.A., Mr. X--who?!... (well) [sic] {ok} "quoted" \'single\' “curly” ‘it’s’',
  'https://example.org/a_b?c=d&e=f#g user@example.org', 'snake_case camelCase kebab-case', "''' 's 't ' s ''ll",
  'bakerbakerbakerbakerbakerbakerbakerbakerbakerbakerbakerbakerbakerbakerbakerbakerbakerbakerbakerbakerbaker',
  'ab'.repeat(60), 'x'.repeat(101), 'é'.repeat(100) + ' ' + 'é'.repeat(101), '!'.repeat(40), 'aaaaaaaaaaaaaaaaa aaaa aa a',
  'ZALGO z\u0335\u0300\u0301\u0302\u0303a\u0316\u0317l\u0323\u0307g\u0328o', '\u0301leading mark', 'private\ue000use, unassigned\u0378',
  '▁under ▁▁ low _line', 'Ġ and Ċ as text, ##ing too', '<0x41> <0xFF> <unknown>', 'replacement \ufffd character',
  'new word and newword, runexp runexps run runexp. RUNEXP',
  'The patient was given 20 mg of the drug twice a day, and the fever fell within 48 hours.',
  'Naïve readers of the résumé thought that the café on the corner was the author’s.',
]
const pairs = [
  ['The baker opens her shop.', 'The shop is open.'],
  ['Short.', 'The tenant shall pay the rent on the first day of each month, without notice or demand.'],
  ['', 'only the second'],
  ['The river rose by 3.5 metres.', ''],
]

const added = (id, content, o = {}) => ({ id, content, single_word: false, lstrip: false, rstrip: false, normalized: false, special: true, ...o })
const template = (bos, bosID, eos, eosID) => {
  const token = (id, type_id) => (id ? [{ SpecialToken: { id, type_id } }] : [])
  const text = (id, type_id) => ({ Sequence: { id, type_id } })
  const special_tokens = {}
  for (const [id, n] of [[bos, bosID], [eos, eosID]]) if (id) special_tokens[id] = { id, ids: [n], tokens: [id] }
  return {
    type: 'TemplateProcessing',
    single: [...token(bos, 0), text('A', 0), ...token(eos, 0)],
    pair: [...token(bos, 0), text('A', 0), ...token(eos, 0), ...token(bos, 1), text('B', 1), ...token(eos, 1)],
    special_tokens,
  }
}
const byteLevel = (o = {}) => ({ type: 'ByteLevel', add_prefix_space: false, trim_offsets: true, use_regex: true, ...o })
const split = (pattern, behavior, invert = false) => ({ type: 'Split', pattern, behavior, invert })
const sequence = (key, ...list) => ({ type: 'Sequence', [key]: list })
const bpe = (vocab, merges, o = {}) => ({
  type: 'BPE', dropout: null, unk_token: null, continuing_subword_prefix: null, end_of_word_suffix: null,
  fuse_unk: false, byte_fallback: false, ignore_merges: false, ...o, vocab, merges,
})
const llama3 = "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+"
const qwen2 = llama3.replace('{1,3}', '')

// SentencePiece-style BPE: the ASCII part of the trained merges, with ▁ for Ġ.
const bytes = [...Array(256).keys()].map((b) => `<0x${b.toString(16).toUpperCase().padStart(2, '0')}>`)
const ascii = [...Array(95).keys()].map((i) => String.fromCharCode(32 + i)).filter((c) => c !== ' ')
const spMerges = bpeMerges.filter((m) => m.every((t) => /^Ġ?[!-~]*$/.test(t))).map((m) => m.map((t) => t.replace('Ġ', '▁')))
const spTokens = [...new Set(['<unk>', '<s>', '</s>', ...bytes, '▁', 'é', '今', ...ascii, ...spMerges.map((m) => m.join(''))])]

// BPE that marks symbols within a word, or at its end.
const letters = [...'abcdefghijklmnopqrstuvwxyz']
const inner = [...letters, ...letters.map((c) => '##' + c), '.', '##.']
const innerMerges = [['t', '##h'], ['##e', '##r'], ['th', '##e'], ['b', '##a'], ['ba', '##k'], ['bak', '##er'], ['##i', '##n'], ['##in', '##g'], ['a', '##a'], ['##a', '##a']]
const innerVocab = number(['[UNK]', ...inner, ...new Set(innerMerges.map(([a, b]) => a + b.slice(2)))])
const ending = [...letters, ...letters.map((c) => c + '</w>')]
const endMerges = [['t', 'h'], ['th', 'e</w>'], ['e', 'r</w>'], ['b', 'a'], ['ba', 'k'], ['bak', 'er</w>'], ['a', 'a'], ['aa', 'aa']]
const endVocab = number(['<|unk|>', ...ending, ...endMerges.map((m) => m.join(''))])

// Unigram: characters, then the trained words with scores by rank.
const words = spTokens.filter((t) => t.length > 1 && !t.startsWith('<') && !t.startsWith('▁▁'))
const unigramPieces = (extra) => [
  ...extra,
  ...words.map((w, i) => [w, -3 - i / 97]),
  ...['▁', ...ascii.filter((c) => c !== 'q'), 'é', 'ü', '今', '天', '駅', 'т', '👍'].map((c, i) => [c, -9 - (i % 13) / 7]),
]

// charsmap builds SentencePiece's double-array map of strings.
function charsmap(map) {
  const keys = Object.keys(map).map((k) => [...Buffer.from(k)])
  const values = []
  let text = ''
  Object.values(map).forEach((v) => { values.push(Buffer.byteLength(text)); text += v + '\0' })
  const units = new Uint32Array(1 << 16)
  const used = new Uint8Array(1 << 16)
  used[0] = 1
  const offsetBits = (o) => { if (o >= 1 << 21) throw Error('too far'); return (o << 10) >>> 0 }
  const place = (node, members, depth) => {
    const leaf = members.find((i) => keys[i].length === depth)
    const labels = [...new Set(members.filter((i) => keys[i].length > depth).map((i) => keys[i][depth]))]
    const all = leaf === undefined ? labels : [0, ...labels]
    let base = 1
    while (base === node || all.some((c) => used[base ^ c])) base++
    all.forEach((c) => { used[base ^ c] = 1 })
    units[node] = (units[node] | offsetBits(base ^ node) | (leaf === undefined ? 0 : 1 << 8)) >>> 0
    if (leaf !== undefined) units[base] = (values[leaf] | 0x80000000) >>> 0
    for (const c of labels) {
      units[base ^ c] = c
      place(base ^ c, members.filter((i) => keys[i][depth] === c), depth + 1)
    }
  }
  place(0, keys.map((_, i) => i), 0)
  let size = units.length
  while (size > 256 && units[size - 1] === 0) size--
  size = (size + 255) & ~255
  const head = Buffer.alloc(4 + 4 * size)
  head.writeUInt32LE(4 * size, 0)
  for (let i = 0; i < size; i++) head.writeUInt32LE(units[i], 4 + 4 * i)
  return Buffer.concat([head, Buffer.from(text)]).toString('base64')
}
const charmap = charsmap({
  'ﬁ': 'fi', 'ﬂ': 'fl', '①': '1', '②': '2', '™': 'TM', '½': '1⁄2', '\u3000': ' ', '\u00a0': ' ', '\t': ' ', '\n': ' ', '\u200b': '',
  'e\u0301': 'é', 'i\u0308': 'ï', 'ﾊ': 'ハ', 'ﾊﾟ': 'パ', '각': '각', 'А': 'A', '㎏': 'kg', '\r\n': ' ', '\u007f': '',
})

const whole = { truncation: null, padding: null, added_tokens: [], normalizer: null, pre_tokenizer: null, post_processor: null, decoder: null }
const bertSpecials = pieces.slice(0, 5).map((t, i) => added(i, t))
const wordPiece = (o = {}) => ({ type: 'WordPiece', unk_token: '[UNK]', continuing_subword_prefix: '##', max_input_chars_per_word: 100, ...o, vocab: number(pieces) })
const roberta = (() => {
  const v = { '<s>': 0, '<pad>': 1, '</s>': 2, '<unk>': 3 }
  for (const [t, id] of Object.entries(bpeVocab)) if (t !== '<|endoftext|>') v[t] = id + 4
  return v
})()
const n = Object.keys(roberta).length
const splits = (pre) => ({
  pre_tokenizer: pre,
  model: { type: 'WordLevel', vocab: number(['[UNK]', 'the', 'baker', '.', ' ', ' baker', 'The ', '1', '12']), unk_token: '[UNK]' },
})
const tokenizers = {
  bert: {
    added_tokens: bertSpecials,
    normalizer: { type: 'BertNormalizer', clean_text: true, handle_chinese_chars: true, strip_accents: null, lowercase: true },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: { type: 'BertProcessing', sep: ['[SEP]', 3], cls: ['[CLS]', 2] },
    decoder: { type: 'WordPiece', prefix: '##', cleanup: true },
    model: wordPiece(),
  },
  'bert-cased': {
    added_tokens: bertSpecials,
    normalizer: { type: 'BertNormalizer', clean_text: false, handle_chinese_chars: false, strip_accents: true, lowercase: false },
    pre_tokenizer: { type: 'BertPreTokenizer' },
    post_processor: template('[CLS]', 2, '[SEP]', 3),
    decoder: { type: 'WordPiece', prefix: '##', cleanup: false },
    model: wordPiece({ max_input_chars_per_word: 12 }),
  },
  gpt2: {
    added_tokens: [added(bpeVocab['<|endoftext|>'], '<|endoftext|>')],
    pre_tokenizer: byteLevel(),
    post_processor: byteLevel({ trim_offsets: false }),
    decoder: byteLevel(),
    model: bpe(bpeVocab, bpeMerges.map((m) => m.join(' '))),
  },
  roberta: {
    added_tokens: [
      ...['<s>', '<pad>', '</s>', '<unk>'].map((t, i) => added(i, t)),
      added(n, '<mask>', { lstrip: true }),
      added(n + 1, 'runexp', { special: false, single_word: true }),
      added(n + 2, 'new word', { special: false, lstrip: true, rstrip: true, normalized: true }),
    ],
    pre_tokenizer: byteLevel({ add_prefix_space: true }),
    post_processor: { type: 'RobertaProcessing', sep: ['</s>', 2], cls: ['<s>', 0], trim_offsets: true, add_prefix_space: true },
    decoder: byteLevel(),
    model: bpe(roberta, bpeMerges),
  },
  llama3: {
    added_tokens: [added(bpeVocab['<|endoftext|>'], '<|endoftext|>')],
    pre_tokenizer: sequence('pretokenizers', split({ Regex: llama3 }, 'Isolated'), byteLevel({ use_regex: false })),
    post_processor: sequence('processors', byteLevel(), template('<|endoftext|>', bpeVocab['<|endoftext|>'])),
    decoder: byteLevel(),
    model: bpe(bpeVocab, bpeMerges.slice(0, 90).map((m) => m.join(' ')), { ignore_merges: true }),
  },
  qwen2: {
    added_tokens: [added(bpeVocab['<|endoftext|>'], '<|endoftext|>')],
    normalizer: { type: 'NFC' },
    pre_tokenizer: sequence('pretokenizers', split({ Regex: qwen2 }, 'Isolated'), byteLevel({ use_regex: false })),
    decoder: byteLevel(),
    model: bpe(bpeVocab, bpeMerges, { continuing_subword_prefix: '', end_of_word_suffix: '' }),
  },
  llama2: {
    added_tokens: ['<unk>', '<s>', '</s>'].map((t, i) => added(i, t)),
    normalizer: sequence('normalizers', { type: 'Prepend', prepend: '▁' }, { type: 'Replace', pattern: { String: ' ' }, content: '▁' }),
    post_processor: template('<s>', 1),
    decoder: sequence('decoders', { type: 'Replace', pattern: { String: '▁' }, content: ' ' }, { type: 'ByteFallback' }, { type: 'Fuse' }, { type: 'Strip', content: ' ', start: 1, stop: 0 }),
    model: bpe(number(spTokens), spMerges, { unk_token: '<unk>', fuse_unk: true, byte_fallback: true }),
  },
  'llama2-unknown': {
    added_tokens: ['<unk>', '<s>', '</s>'].map((t, i) => added(i, t)),
    pre_tokenizer: { type: 'Metaspace', replacement: '▁', add_prefix_space: true, prepend_scheme: 'always' },
    decoder: { type: 'Metaspace', replacement: '▁', add_prefix_space: true, prepend_scheme: 'always' },
    model: bpe(number(spTokens.filter((t) => !t.startsWith('<0x'))), spMerges, { unk_token: '<unk>', fuse_unk: true }),
  },
  'bpe-prefix': {
    normalizer: sequence('normalizers', { type: 'NFKD' }, { type: 'StripAccents' }, { type: 'Lowercase' }),
    pre_tokenizer: { type: 'Whitespace' },
    model: bpe(innerVocab, innerMerges, { unk_token: '[UNK]', continuing_subword_prefix: '##' }),
  },
  'bpe-suffix': {
    normalizer: { type: 'Lowercase' },
    pre_tokenizer: { type: 'WhitespaceSplit' },
    model: bpe(endVocab, endMerges, { unk_token: '<|unk|>', end_of_word_suffix: '</w>', fuse_unk: true }),
  },
  unigram: {
    added_tokens: [added(0, '<s>'), added(1, '<unk>'), added(2, '</s>')],
    normalizer: sequence('normalizers', { type: 'Precompiled', precompiled_charsmap: charmap }, { type: 'Replace', pattern: { Regex: ' {2,}' }, content: ' ' }),
    pre_tokenizer: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true },
    post_processor: template('<s>', 0, '</s>', 2),
    decoder: { type: 'Metaspace', replacement: '▁', prepend_scheme: 'always', split: true },
    model: { type: 'Unigram', unk_id: 1, byte_fallback: false, vocab: unigramPieces([['<s>', 0], ['<unk>', 0], ['</s>', 0]]) },
  },
  'unigram-bytes': {
    added_tokens: [added(0, '<unk>')],
    normalizer: sequence('normalizers', { type: 'NFKC' }, { type: 'Strip', strip_left: true, strip_right: true }),
    pre_tokenizer: sequence('pretokenizers', { type: 'Digits', individual_digits: true }, { type: 'Metaspace', replacement: '▁', prepend_scheme: 'first', split: false }),
    decoder: sequence('decoders', { type: 'ByteFallback' }, { type: 'Metaspace', replacement: '▁', prepend_scheme: 'first', split: false }),
    model: { type: 'Unigram', unk_id: 0, byte_fallback: true, vocab: unigramPieces([['<unk>', 0], ...bytes.map((b) => [b, 0])]) },
  },
  wordlevel: {
    normalizer: sequence('normalizers', { type: 'NFD' }, { type: 'StripAccents' }, { type: 'Lowercase' }),
    ...splits(sequence('pretokenizers', { type: 'Whitespace' }, { type: 'Punctuation', behavior: 'Isolated' }, { type: 'Digits', individual_digits: false })),
  },
  'split-removed': splits(split({ String: ' ' }, 'Removed')),
  'split-previous': splits(split({ String: ' ' }, 'MergedWithPrevious')),
  'split-next': splits(split({ Regex: '\\s|[aeiou]' }, 'MergedWithNext')),
  'split-contiguous': splits(split({ Regex: '\\p{P}' }, 'Contiguous')),
  'split-invert': splits(split({ Regex: '\\w+|[^\\w\\s]+' }, 'Removed', true)),
  'split-punctuation': splits({ type: 'Punctuation', behavior: 'MergedWithPrevious' }),
  'split-mapped': splits(sequence('pretokenizers', byteLevel({ add_prefix_space: true }), { type: 'Digits', individual_digits: true })),
}

const prompts = {
  bert: [[['The baker opens '], [, '[MASK]'], [' shop.']], [['  '], [, '[MASK]'], [, '[SEP]'], ['x']]],
  roberta: [[['The baker opens  '], [, '<mask>'], ['  shop.']], [[, '<mask>'], ['shop'], [' '], [, '<mask>'], [' ']]],
  llama2: [[['The baker '], [, '</s>'], [' opens']]],
  gpt2: [[['one'], [, '<|endoftext|>'], ['two']]],
}

// byteOffsets gives the byte at which each code point starts, and the end.
function byteOffsets(s) {
  const at = []
  let n = 0
  for (const c of s) { at.push(n); n += Buffer.byteLength(c) }
  return [...at, n]
}

for (const [name, parts] of Object.entries(tokenizers)) {
  const json = { version: '1.0', ...whole, ...parts }
  const dir = new URL(`${name}/`, import.meta.url)
  fs.mkdirSync(dir, { recursive: true })
  const source = JSON.stringify(json) + '\n'
  fs.writeFileSync(new URL('tokenizer.json', dir), source)
  const t = Tokenizer.fromString(source)
  const ids = (e) => e.getIds()
  const out = { texts: [], pairs: [], prompts: [] }
  for (const text of texts) {
    const e = await t.encode(text, null, { addSpecialTokens: false })
    const at = byteOffsets(text)
    out.texts.push({
      text, ids: ids(e), offsets: e.getOffsets().map(([a, b]) => [at[a], at[b]]), words: e.getWordIds(),
      decoded: await t.decode(ids(e), false),
    })
  }
  // Limits leave an even number of tokens: who gets an odd one depends, in the
  // library, on how far it had read before it noticed that the text is too long.
  const template = (await t.encode('', '')).getLength()
  for (const [text, pair] of pairs)
    for (const max of [0, template + 2, template + 6, template + 10])
      for (const direction of max ? ['right', 'left'] : ['right']) {
        if (max) t.setTruncation(max, { direction, strategy: 'LongestFirst', stride: 0 })
        const both = await t.encode(text, pair)
        const one = await t.encode(pair, null)
        t.disableTruncation()
        out.pairs.push({ text, pair, max, start: direction === 'left', ids: ids(both), types: both.getTypeIds(), single: ids(one), decoded: await t.decode(ids(both), true) })
      }
  for (const list of prompts[name] ?? []) {
    const e = await t.encode(list.map(([text, special]) => special ?? text).join(''), null)
    out.prompts.push({ parts: list.map(([text, special]) => (special ? { Special: special } : { Text: text })), ids: ids(e) })
  }
  const lines = (list) => list.map((x) => JSON.stringify(x)).join(',\n')
  fs.writeFileSync(new URL('vectors.json', dir), `{"texts": [\n${lines(out.texts)}\n],\n"pairs": [\n${lines(out.pairs)}\n],\n"prompts": [\n${lines(out.prompts)}\n]}\n`)
}
