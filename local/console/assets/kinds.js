// The kinds of nodes: what each is called, and its symbol.
import { html } from './ui.js';

const kinds = {
  api: ['API', 'M7 5 2 10l5 5M13 5l5 5-5 5'],
  function: ['Lambda function', 'M5 3h3l6 14h2M9.6 7.5 5 17'],
  topic: ['SNS topic', 'M10 10h.01M7 13a4.2 4.2 0 0 1 0-6M13 7a4.2 4.2 0 0 1 0 6M4.5 15.500a7.8 7.8 0 0 1 0-11M15.5 4.500a7.8 7.8 0 0 1 0 11'],
  queue: ['SQS queue', 'M3 5.500h3v9H3zM8.5 5.500h3v9h-3zM14 5.500h3v9h-3z'],
  deadletters: ['Dead-letter queue', 'M3 4.500h14v11H3zM8 8l4 4M12 8l-4 4'],
  stream: ['Kinesis stream', 'M2 7c3-3 5 3 8 0s5 3 8 0M2 13c3-3 5 3 8 0s5 3 8 0'],
  machine: ['State machine', 'M3 3h5v5H3zM12 12h5v5h-5zM8 5.500h6.500V12'],
  table: ['DynamoDB table', 'M4 5c0-2.7 12-2.7 12 0v10c0 2.7-12 2.7-12 0zM4 5c0 2.7 12 2.7 12 0M4 10c0 2.7 12 2.7 12 0'],
  bucket: ['S3 bucket', 'M3 5h14l-2 11c-1 1.5-9 1.5-10 0zM3 5c0-2 14-2 14 0s-14 2-14 0'],
  // Of the hops of a story:
  call: ['Call', 'M3 10h13M11 5l5 5-5 5'],
  work: ['Work', 'M7 10a3 3 0 1 0 6 0 3 3 0 1 0-6 0'],
};

export const kindName = (kind) => kinds[kind]?.[0] ?? kind;

export const Icon = ({ kind }) => html`<span class="icon k-${kind}" aria-hidden="true"><svg viewBox="0 0 20 20"><path d=${(kinds[kind] ?? kinds.work)[1]} /></svg></span>`;
