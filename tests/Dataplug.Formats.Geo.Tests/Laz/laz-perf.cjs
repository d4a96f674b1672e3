// Decompresses LAZ files with npm's laz-perf, and prints for each the SHA-256 of all its point records: laz-perf.cjs PACKAGE FILE...
const { createHash } = require('node:crypto')
const { readFileSync } = require('node:fs')
const { join } = require('node:path')

async function main([folder, ...files]) {
  const { createLazPerf } = require(join(folder, 'lib', 'node', 'index.js'))
  const laz = await createLazPerf({ wasmBinary: readFileSync(join(folder, 'lib', 'node', 'laz-perf.wasm')) })
  for (const file of files) {
    const bytes = readFileSync(file)
    const pointer = laz._malloc(bytes.length)
    laz.HEAPU8.set(bytes, pointer)
    const reader = new laz.LASZip()
    reader.open(pointer, bytes.length)
    const length = reader.getPointLength()
    const record = laz._malloc(length)
    const hash = createHash('sha256')
    for (let left = reader.getCount(); left > 0; left--) {
      reader.getPoint(record)
      hash.update(laz.HEAPU8.subarray(record, record + length))
    }
    console.log(hash.digest('hex'))
    reader.delete()
    laz._free(record)
    laz._free(pointer)
  }
}

main(process.argv.slice(2)).catch(error => {
  console.error(error)
  process.exit(1)
})
