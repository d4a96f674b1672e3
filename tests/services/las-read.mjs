// las-read.mjs FOLDER FILE: reads a LAS file with the reader in a folder (npm's copc), and prints what it read as JSON.
import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';

const [folder, file] = process.argv.slice(2);
const require = createRequire(import.meta.url);
const { Header } = require(`${folder}/header.js`);
const { Vlr } = require(`${folder}/vlr.js`);
const { ExtraBytes } = require(`${folder}/extra-bytes.js`);
const { View } = require(`${folder}/view.js`);

const bytes = new Uint8Array(readFileSync(file));
const padded = new Uint8Array(Math.max(bytes.length, 375)); // It wants as many bytes as the newest header has.
padded.set(bytes);
const header = Header.parse(padded.slice(0, 375));
const get = async (begin, end) => bytes.slice(begin, end);
const vlrs = await Vlr.walk(get, header);
const described = Vlr.find(vlrs, 'LASF_Spec', 4);
const extra = described ? ExtraBytes.parse(await Vlr.fetch(get, described)) : [];
const end = header.pointDataOffset + header.pointCount * header.pointDataRecordLength;
const view = View.create(bytes.slice(header.pointDataOffset, end), header, extra);
const columns = {};
for (const name of Object.keys(view.dimensions)) {
  const value = view.getter(name);
  columns[name] = Array.from({ length: view.pointCount }, (_, i) => value(i));
}

process.stdout.write(JSON.stringify({
  version: `${header.majorVersion}.${header.minorVersion}`,
  points: view.pointCount,
  byReturn: header.pointCountByReturn,
  min: header.min,
  max: header.max,
  vlrs: vlrs.map((vlr) => `${vlr.userId} ${vlr.recordId}`),
  columns,
}));
