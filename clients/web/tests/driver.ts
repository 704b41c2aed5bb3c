/**
 * One visitor of the page, driven from outside: a command per line, and its result per line.
 *
 *     {"call": "collect", "round": "spring", "access": {"hr": "KA-..."}, "key": "KW-..." | null}
 *     {"call": "answer", "round": "spring", "answers": {...}}
 *     {"call": "counted", "round": "spring"}
 *     {"call": "wallet"}        {"call": "open", "file": "..."}
 *
 * Requests of the client go out as {"fetch": ...} lines, and the next line in is the answer.
 */

import { createInterface } from "node:readline";
import { Client, loadBook, parseAccessCode, parseWalletCode, type Result, Wallet } from "../src/client";

type Command = Readonly<Record<string, unknown>>;

const lines = createInterface({ input: process.stdin })[Symbol.asyncIterator]();

async function read(): Promise<Command | null> {
  const { value, done } = await lines.next();
  return done ? null : (JSON.parse(value as string) as Command);
}

function write(line: unknown): void {
  process.stdout.write(`${JSON.stringify(line)}\n`);
}

const asking: typeof fetch = async (input, init) => {
  const headers = Object.fromEntries(new Headers(init?.headers));
  write({ fetch: { method: init?.method, url: String(input), headers, body: init?.body ?? null } });
  const { status, headers: answered, body } = (await read()) as Command;
  return new Response(body as string, { status: status as number, headers: answered as Record<string, string> });
};

/** Serves until the input ends. The first line has parties.json and the time, in POSIX seconds. */
export async function serve(): Promise<void> {
  const first = await read();
  if (first === null) return;
  const book = must(await loadBook(String(first.parties)));
  let now = Number(first.now);
  const client = new Client(book, { fetch: asking, now: () => now, sleep: async () => {} });
  let wallet = new Wallet();
  for (;;) {
    const command = await read();
    if (command === null) return;
    now = Number(command.now ?? now);
    const round = String(command.round);
    try {
      if (command.call === "open") wallet = must(await Wallet.parse(String(command.file)));
      const result = await run(command, round);
      write({ result });
    } catch (error) {
      write(error instanceof Failed ? { failure: error.failure } : { broken: String(error) });
    }
  }

  async function run(command: Command, round: string): Promise<unknown> {
    switch (command.call) {
      case "wallet":
      case "open":
        return wallet.json();
      case "collect": {
        const codes = Object.entries(command.access as Record<string, string>);
        const parsed = codes.map(async ([name, text]) => [name, must(await parseAccessCode(text))] as const);
        const access = Object.fromEntries(await Promise.all(parsed));
        const rules = must(await client.rules(round));
        const places = must(await client.membership(rules, access));
        const code = command.key ? { code: must(await parseWalletCode(String(command.key))) } : {};
        const made = must(await client.collect(rules, places, access, wallet, code));
        return { key: made.text, names: places.places.map(({ names }) => names), check: rules.manifest.checkCode };
      }
      case "answer": {
        const rules = must(await client.rulesToAnswer(round, wallet));
        const sending = must(await client.seal(rules, wallet, command.answers as Record<string, string | number>));
        must(await client.send(rules, wallet, sending));
        return wallet.get(round)?.answered;
      }
      case "counted": {
        const { fates, alarm, listed } = must(await client.counted(round, wallet));
        return { fates, alarm, listed };
      }
      default:
        throw new Error("no such call");
    }
  }
}

class Failed extends Error {
  readonly failure: unknown;

  constructor(failure: unknown) {
    super("failed");
    this.failure = failure;
  }
}

function must<T>(result: Result<T>): T {
  if (!result.ok) throw new Failed(result.failure);
  return result.value;
}
