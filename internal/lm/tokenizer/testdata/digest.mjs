// Prints digests of the ids that the reference library gives for the real
// sentences of TestPublishedVocabulariesGiveTheReferenceIDs:
//
//   npm install tokenizers@0.23.2      (outside the repository)
//   NODE_PATH=.../node_modules node digest.mjs DATA
//
// where DATA is the folder of real data. A digest lets the test compare every id
// without a sentence of that data in the repository.
import fs from 'fs'
import crypto from 'crypto'
import { createRequire } from 'module'
const T = createRequire(import.meta.url)('tokenizers')

const data = process.argv[2]
const decoder = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })
const sentences = []
for (const name of ['sst2/stsa.binary.train', 'cola/in_domain_train.tsv', 'tweeteval-emotion/train_text.txt', 'med-chemprot/train.txt', 'text-botchan/botchan.txt', 'text-wikitext2/valid.txt']) {
  const file = fs.readFileSync(`${data}/${name}`)
  for (let at = 0; at <= file.length; ) {
    let end = file.indexOf(10, at)
    if (end < 0) end = file.length
    try {
      const line = decoder.decode(file.subarray(at, end))
      if (/[^\p{White_Space}]/u.test(line)) sentences.push(line)
    } catch { /* not UTF-8: the test passes over it as well */ }
    at = end + 1
  }
}

const vocab = `${data}/tok-gpt2-vocab`
const gpt2 = new T.Tokenizer(await T.BPE.fromFile(`${vocab}/gpt2-vocab.json`, `${vocab}/gpt2-merges.txt`))
gpt2.setPreTokenizer(T.byteLevelPreTokenizer(false, true))
const bert = new T.Tokenizer(await T.WordPiece.fromFile(`${vocab}/vocab.txt`, { unkToken: '[UNK]' }))
bert.setNormalizer(T.bertNormalizer({ cleanText: true, handleChineseChars: true, stripAccents: true, lowercase: true }))
bert.setPreTokenizer(T.bertPreTokenizer())
for (const [name, t] of Object.entries({ gpt2, bert })) {
  const hash = crypto.createHash('sha256')
  for (const s of sentences) hash.update((await t.encode(s, null, { addSpecialTokens: false })).getIds().join(' ') + '\n')
  console.log(name, sentences.length, hash.digest('hex'))
}
