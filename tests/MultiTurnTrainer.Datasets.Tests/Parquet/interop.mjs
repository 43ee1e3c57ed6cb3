// Other people's Parquet code, driven by ParquetInteropTests:
//   node interop.mjs make FOLDER [ROWS]      files in every encoding and codec, and what they hold (expected.jsonl)
//   node interop.mjs read duckdb|hyparquet|arrow FILE   the rows as JSON lines
//   node interop.mjs features FILE           what datasets finds in the file's Arrow schema
import { readFileSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { pathToFileURL } from 'node:url';

// Packages lie where the test installed them, not beside this script.
const require = createRequire(process.cwd() + '/');
const load = async (name) => import(pathToFileURL(require.resolve(name)).href);
const [verb, ...args] = process.argv.slice(2);

async function duckdb() {
  const { DuckDBInstance } = await load('@duckdb/node-api');
  return (await DuckDBInstance.create(':memory:')).connect();
}

async function lines(connection, query) {
  const reader = await connection.runAndReadAll(`select to_json(t)::varchar from (${query}) t`);
  return reader.getRows().map((row) => row[0]);
}

async function arrowTable(file) {
  const [{ tableFromIPC }, { readParquet }] = [await load('apache-arrow'), await load('parquet-wasm')];
  return tableFromIPC(readParquet(readFileSync(file)).intoIPCStream());
}

// Arrow's writer in Rust: data pages of both versions, lists and structs in either.
async function makeWithArrow(folder, count) {
  const arrow = await load('apache-arrow');
  const { Compression, Table, WriterPropertiesBuilder, WriterVersion, writeParquet } = await load('parquet-wasm');
  const rows = Array.from({ length: count }, (_, i) => ({
    id: `r${i}`,
    ids: i % 7 ? Array.from({ length: (i % 5) + 1 }, (_, k) => i * k) : [],
    messages: i % 3 ? [{ role: 'user', content: `hello ${i}` }, { role: 'assistant', content: i % 4 ? 'yes' : null }] : null,
  }));
  const message = new arrow.Struct(['role', 'content'].map((name) => new arrow.Field(name, new arrow.Utf8(), true)));
  const list = (type) => new arrow.List(new arrow.Field('item', type, true));
  const types = { id: new arrow.Utf8(), ids: list(new arrow.Int32()), messages: list(message) };
  const columns = Object.entries(types).map(([name, type]) => [name, arrow.vectorFromArray(rows.map((row) => row[name]), type)]);
  const stream = arrow.tableToIPC(new arrow.Table(Object.fromEntries(columns)), 'stream');
  for (const version of ['V1', 'V2']) {
    const properties = new WriterPropertiesBuilder().setCompression(Compression.SNAPPY).setWriterVersion(WriterVersion[version]);
    writeFileSync(`${folder}/arrow-${version}.parquet`, writeParquet(Table.fromIPCStream(stream), properties.build()));
  }
  writeFileSync(`${folder}/arrow.jsonl`, rows.map((row) => JSON.stringify(row)).join('\n') + '\n');
}

if (verb === 'make') {
  const [folder, rows = '2000'] = args;
  const connection = await duckdb();
  await connection.run(`create table t as select
      i as id,
      case when i % 5 = 0 then null else i % 7 end as few,
      case when i % 3 = 0 then null when i % 3 = 1 then [] else [
        {role: 'user', content: 'hello ' || i, weight: i::double / 3, tags: ['a', null]},
        {role: 'assistant', content: null, weight: null, tags: []},
        {role: 'user', content: 'héllo ∑ ' || (i * 7919 % 1000), weight: -1.5, tags: null}] end as messages,
      [[1, i], [], [i * i]]::bigint[][] as nested,
      i % 2 = 0 as even,
      {deep: {amount: case when i % 4 = 0 then null else i::float / 8 end}} as box,
      case when i % 6 = 0 then null else map {'k' || (i % 3): i} end as map,
      ((i - 10) / 4.0)::decimal(12, 2) as price,
      date '2024-02-27' + (i % 1000)::int as day,
      -i::hugeint::int as minus,
      (i % 200)::utinyint as small
    from range(${rows}) r(i)`);
  for (const version of ['V1', 'V2']) {
    for (const codec of ['uncompressed', 'snappy', 'gzip', 'zstd', 'brotli', 'lz4_raw']) {
      await connection.run(`copy t to '${folder}/duckdb-${version}-${codec}.parquet'
        (format parquet, codec '${codec}', parquet_version ${version}, row_group_size 2048)`);
    }
  }
  writeFileSync(`${folder}/expected.jsonl`, (await lines(connection, 'select * from t')).join('\n') + '\n');
  const { parquetWriteFile } = await load('hyparquet-writer');
  const numbers = Array.from({ length: Number(rows) }, (_, i) => i);
  parquetWriteFile({
    filename: `${folder}/hyparquet.parquet`,
    rowGroupSize: 700,
    columnData: [
      { name: 'id', data: numbers, type: 'INT32' },
      { name: 'text', data: numbers.map((i) => (i % 4 ? `row ${i % 9}` : null)), type: 'STRING' },
      { name: 'real', data: numbers.map((i) => i / 16), type: 'DOUBLE' },
      { name: 'flag', data: numbers.map((i) => i % 3 === 0), type: 'BOOLEAN' },
    ],
  });
  await makeWithArrow(folder, Number(rows));
} else if (verb === 'features') {
  console.log((await arrowTable(args[0])).schema.metadata.get('huggingface'));
} else if (args[0] === 'arrow') {
  for (const row of await arrowTable(args[1])) console.log(JSON.stringify(row));
} else if (args[0] === 'duckdb') {
  for (const line of await lines(await duckdb(), `select * from read_parquet('${args[1]}')`)) console.log(line);
} else {
  const { parquetReadObjects, asyncBufferFromFile } = await load('hyparquet');
  const rows = await parquetReadObjects({ file: await asyncBufferFromFile(args[1]) });
  const plain = (key, value) =>
    typeof value === 'bigint' ? Number(value) : ArrayBuffer.isView(value) ? Array.from(value) : value;
  for (const row of rows) console.log(JSON.stringify(row, plain));
}
