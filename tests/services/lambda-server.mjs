// A part of AWS Lambda's REST API (version 2015-03-31), written to its public documentation, for tests: CreateFunction, GetFunction,
// UpdateFunctionCode, UpdateFunctionConfiguration, ListFunctions, DeleteFunction and Invoke. Every request has to carry a right Signature
// Version 4 ("AWS Signature Version 4 for API requests" in the IAM User Guide). Functions run by @vercel/fun. Function URLs are at
// /url/NAME, unsigned, with payload format 2.0. usage: node lambda-server.mjs PORT FOLDER/
import { createHash, createHmac, randomUUID, timingSafeEqual } from 'node:crypto';
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';

const [port, folder] = process.argv.slice(2);
const { LAMBDA_TEST_ACCESS_KEY: accessKey, LAMBDA_TEST_SECRET_KEY: secretKey, LAMBDA_TEST_REGION: region, LAMBDA_TEST_FUN: home } = process.env;
const fun = createRequire(import.meta.url)(home);
const functions = new Map();
const maxSkew = 5 * 60 * 1000;
const maxPayload = 6 * 1024 * 1024;

class Refusal extends Error {
  constructor(status, type, message) {
    super(message);
    Object.assign(this, { status, type });
  }
}

const sha256 = data => createHash('sha256').update(data).digest('hex');
const hmac = (key, data) => createHmac('sha256', key).update(data).digest();
const escape = text => encodeURIComponent(text).replace(/[!'()*]/g, c => '%' + c.charCodeAt(0).toString(16).toUpperCase());

function verify(request, url, body) {
  const refuse = message => { throw new Refusal(403, 'InvalidSignatureException', message); };
  const match = /^AWS4-HMAC-SHA256 Credential=([^/]+)\/(\d{8})\/([^/]+)\/([^/]+)\/aws4_request, ?SignedHeaders=([^,]+), ?Signature=([0-9a-f]{64})$/.exec(request.headers.authorization ?? '');
  if (!match) throw new Refusal(403, 'MissingAuthenticationTokenException', 'Missing Authentication Token');
  const [, key, day, signedRegion, service, headers, signature] = match;
  if (key !== accessKey) throw new Refusal(403, 'UnrecognizedClientException', 'The security token included in the request is invalid.');
  if (signedRegion !== region || service !== 'lambda') refuse(`Credential should be scoped to ${region}/lambda, not ${signedRegion}/${service}.`);
  const date = request.headers['x-amz-date'] ?? '';
  const time = Date.parse(date.replace(/^(\d{4})(\d\d)(\d\d)T(\d\d)(\d\d)(\d\d)Z$/, '$1-$2-$3T$4:$5:$6Z'));
  if (!date.startsWith(day) || !(Math.abs(Date.now() - time) <= maxSkew)) refuse('Signature expired.');
  const names = headers.split(';');
  if (!names.includes('host') || !names.includes('x-amz-date')) refuse('Host and date have to be signed.');
  for (const name of Object.keys(request.headers))
    if (name.startsWith('x-amz-') && !names.includes(name)) refuse(`${name} has to be signed.`);
  const hash = sha256(body);
  const declared = request.headers['x-amz-content-sha256'];
  if (declared !== undefined && declared !== hash) refuse('The hash of the body is wrong.');
  // Every segment of the path is encoded once more, for all services but S3.
  const path = url.pathname.split('/').map(escape).join('/');
  const query = [...url.searchParams].map(([k, v]) => `${escape(k)}=${escape(v)}`).sort().join('&');
  const canonical = [request.method, path, query, ...names.map(n => `${n}:${String(request.headers[n] ?? '').trim().replace(/ +/g, ' ')}`), '', headers, hash].join('\n');
  const scope = `${day}/${region}/lambda/aws4_request`;
  const text = ['AWS4-HMAC-SHA256', date, scope, sha256(canonical)].join('\n');
  const signing = ['lambda', 'aws4_request'].reduce(hmac, hmac(hmac('AWS4' + secretKey, day), region));
  const expected = createHmac('sha256', signing).update(text).digest('hex');
  if (!timingSafeEqual(Buffer.from(expected), Buffer.from(signature))) refuse('The request signature we calculated does not match the signature you provided.');
}

const configuration = f => ({
  FunctionName: f.name, FunctionArn: `arn:aws:lambda:${region}:123456789012:function:${f.name}`, Runtime: f.runtime, Role: f.role, Handler: f.handler,
  CodeSize: f.zip.length, CodeSha256: createHash('sha256').update(f.zip).digest('base64'), Description: f.description, Timeout: f.timeout,
  MemorySize: f.memory, LastModified: f.modified, Version: '$LATEST', Environment: { Variables: f.variables }, Architectures: f.architectures,
  EphemeralStorage: f.ephemeral, State: 'Active', LastUpdateStatus: 'Successful', PackageType: 'Zip',
});

async function build(f) {
  const path = join(folder, `${f.name}-${randomUUID()}.zip`);
  writeFileSync(path, f.zip);
  const before = f.running;
  f.running = await fun.createFunction({
    FunctionName: f.name, Code: { ZipFile: path }, Handler: f.handler, Runtime: 'provided', Environment: { Variables: f.variables }, MemorySize: f.memory, Timeout: f.timeout, Region: region,
    AccessKeyId: accessKey, SecretAccessKey: secretKey,
  });
  f.modified = new Date().toISOString();
  if (before) await before.destroy();
}

function configure(f, json) {
  if (json.MemorySize !== undefined && !(json.MemorySize >= 128 && json.MemorySize <= 10240)) throw new Refusal(400, 'InvalidParameterValueException', 'MemorySize is out of its range.');
  if (json.Timeout !== undefined && !(json.Timeout >= 1 && json.Timeout <= 900)) throw new Refusal(400, 'InvalidParameterValueException', 'Timeout is out of its range.');
  f.description = json.Description ?? f.description ?? '';
  f.role = json.Role ?? f.role;
  f.memory = json.MemorySize ?? f.memory ?? 128;
  f.timeout = json.Timeout ?? f.timeout ?? 3;
  f.ephemeral = json.EphemeralStorage ?? f.ephemeral ?? { Size: 512 };
  f.variables = json.Environment?.Variables ?? f.variables ?? {};
  if (!/^arn:aws:iam::\d{12}:role\//.test(f.role ?? '')) throw new Refusal(400, 'ValidationException', `Value '${f.role}' at 'role' is no ARN of a role.`);
}

const find = name => functions.get(name.replace(/:\$LATEST$/, '')) ?? (() => { throw new Refusal(404, 'ResourceNotFoundException', `Function not found: ${name}`); })();

async function handle(request, url, body) {
  const [, version, kind, encoded, action] = url.pathname.split('/');
  if (version !== '2015-03-31' || kind !== 'functions') throw new Refusal(404, 'UnknownOperationException', 'There is no such operation.');
  const name = decodeURIComponent(encoded ?? '');
  const json = () => JSON.parse(body.toString() || '{}');
  switch (`${request.method} ${action ?? (name ? 'function' : 'functions')}`) {
    case 'POST functions': {
      const wanted = json();
      if (functions.has(wanted.FunctionName)) throw new Refusal(409, 'ResourceConflictException', `Function already exist: ${wanted.FunctionName}`);
      if (wanted.Runtime !== 'provided.al2023') throw new Refusal(400, 'InvalidParameterValueException', `The runtime ${wanted.Runtime} is not here.`);
      const f = { name: wanted.FunctionName, runtime: wanted.Runtime, handler: wanted.Handler, architectures: wanted.Architectures ?? ['x86_64'], zip: Buffer.from(wanted.Code.ZipFile, 'base64') };
      configure(f, wanted);
      await build(f);
      functions.set(f.name, f);
      return [201, configuration(f)];
    }
    case 'GET functions': {
      // Two a page, so that clients have to turn it.
      const names = [...functions.keys()].sort();
      const from = Number(url.searchParams.get('Marker') ?? 0);
      return [200, { Functions: names.slice(from, from + 2).map(n => configuration(functions.get(n))), NextMarker: from + 2 < names.length ? String(from + 2) : null }];
    }
    case 'GET function': return [200, { Configuration: configuration(find(name)), Code: {} }];
    case 'DELETE function': { const f = find(name); functions.delete(f.name); await f.running.destroy(); return [204]; }
    case 'PUT code': { const f = find(name); f.zip = Buffer.from(json().ZipFile, 'base64'); await build(f); return [200, configuration(f)]; }
    case 'PUT configuration': { const f = find(name); configure(f, json()); await build(f); return [200, configuration(f)]; }
    case 'POST invocations': {
      const f = find(name);
      if (body.length > maxPayload) throw new Refusal(413, 'RequestTooLargeException', 'The payload is too large.');
      try { json(); } catch (error) { throw new Refusal(400, 'InvalidRequestContentException', `Could not parse request body into json: ${error.message}`); }
      if (f.busyFor > 0) { f.busyFor--; throw new Refusal(429, 'TooManyRequestsException', 'Rate Exceeded.'); }
      const run = () => f.running.invoke({ InvocationType: 'RequestResponse', Payload: body.toString() });
      if (request.headers['x-amz-invocation-type'] === 'Event') {
        // Lambda's own queue: what fails is tried twice again.
        (async () => { for (let i = 0; i < 3; i++) { const answer = await run().catch(() => ({ FunctionError: 'Unhandled' })); if (!answer.FunctionError) return; } })();
        return [202];
      }
      const answer = await run();
      return [200, answer.Payload, { ...(answer.FunctionError ? { 'X-Amz-Function-Error': answer.FunctionError } : {}), 'X-Amz-Executed-Version': '$LATEST' }];
    }
    default: throw new Refusal(405, 'UnknownOperationException', 'There is no such operation.');
  }
}

async function handleUrl(request, url, body) {
  const f = find(decodeURIComponent(url.pathname.split('/')[2]));
  const event = {
    version: '2.0', rawPath: '/', headers: request.headers, requestContext: { http: { method: request.method, path: '/' } },
    body: body.toString('base64'), isBase64Encoded: true,
  };
  const answer = await f.running.invoke({ InvocationType: 'RequestResponse', Payload: JSON.stringify(event) });
  if (answer.FunctionError) return [502, { Message: 'Internal Server Error' }];
  const { statusCode, headers, body: text, isBase64Encoded } = JSON.parse(answer.Payload);
  return [statusCode, isBase64Encoded ? Buffer.from(text, 'base64') : text, headers];
}

createServer(async (request, response) => {
  const chunks = [];
  for await (const chunk of request) chunks.push(chunk);
  const body = Buffer.concat(chunks);
  const url = new URL(request.url, 'http://localhost');
  let status, content, headers;
  try {
    if (url.pathname.startsWith('/url/')) [status, content, headers] = await handleUrl(request, url, body);
    // For tests alone: the next N invocations are throttled.
    else if (url.pathname.startsWith('/throttle/')) { const [, , name, times] = url.pathname.split('/'); find(name).busyFor = Number(times); status = 200; }
    else { verify(request, url, body); [status, content, headers] = await handle(request, url, body); }
  } catch (error) {
    const refusal = error instanceof Refusal ? error : new Refusal(500, 'ServiceException', error.message);
    if (refusal.status === 500) console.error(error);
    [status, content, headers] = [refusal.status, { Type: 'User', message: refusal.message }, { 'X-Amzn-ErrorType': refusal.type }];
  }
  const isRaw = typeof content === 'string' || Buffer.isBuffer(content);
  response.writeHead(status, { 'Content-Type': 'application/json', 'x-amzn-RequestId': randomUUID(), ...headers });
  response.end(content === undefined ? '' : isRaw ? content : JSON.stringify(content));
}).listen(Number(port), '127.0.0.1');
process.on('uncaughtException', error => console.error(error));
