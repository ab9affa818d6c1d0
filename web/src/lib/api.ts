// The own API (`server/src/runs`). Everything goes through `ask`, so that a token goes along.

import type { Consent, Event, ServerStatus, SessionInfo, SessionView, TurnState, Upload } from "./types";

const TOKEN = "polymath.token";
/** How long to wait before a broken stream is taken up again; the last for ever after. */
const PAUSES = [500, 1000, 2000, 5000];

export class ApiError extends Error {
  constructor(
    message: string,
    readonly status: number,
  ) {
    super(message);
  }
}

export function keepToken(token: string): void {
  sessionStorage.setItem(TOKEN, token);
}

async function ask(path: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  const token = sessionStorage.getItem(TOKEN);
  if (token) headers.set("authorization", `Bearer ${token}`);
  const response = await fetch(path, { ...init, headers });
  if (response.ok) return response;
  const body = await response.json().catch(() => null);
  throw new ApiError(body?.error?.message ?? `${response.status} ${response.statusText}`, response.status);
}

async function json<T>(path: string, init?: RequestInit): Promise<T> {
  return (await ask(path, init)).json();
}

function send(method: string, body: unknown): RequestInit {
  return { method, headers: { "content-type": "application/json" }, body: JSON.stringify(body) };
}

const at = (session: string) => `/api/sessions/${encodeURIComponent(session)}`;

export const api = {
  status: () => json<ServerStatus>("/api/status"),
  sessions: async () => (await json<{ sessions: SessionInfo[] }>("/api/sessions")).sessions,
  session: (id: string) => json<SessionView>(at(id)),
  rename: (id: string, title: string) => json(at(id), send("PATCH", { title })),
  remove: (id: string) => json(at(id), { method: "DELETE" }),
  page: (id: string, n: number) => json<{ url: string; title: string; text: string }>(`${at(id)}/pages/${n}`),
  run: (question: string, session: string | null, files: string[]) =>
    json<{ session: string; turn: number }>("/api/runs", send("POST", { question, files, ...(session ? { session } : {}) })),
  cancel: (id: string, turn: number) => json(`${at(id)}/runs/${turn}/cancel`, { method: "POST" }),
  say: (id: string, turn: number, message: string) => json(`${at(id)}/runs/${turn}/say`, send("POST", { message })),
  approve: (id: string, turn: number, asked: string, answer: Consent) =>
    json(`${at(id)}/runs/${turn}/approve`, send("POST", { id: asked, answer })),
  upload: (file: File) => json<Upload>(`/api/uploads?name=${encodeURIComponent(file.name)}`, { method: "POST", body: file }),
  artifact: async (id: string, name: string) => (await ask(`${at(id)}/artifacts/${encodeURIComponent(name)}`)).blob(),
};

export interface Follower {
  event: (event: Event, cursor: string) => void;
  end: (state: TurnState) => void;
  /** The connection broke (true), or is there again (false). */
  broken: (broken: boolean) => void;
  /** It cannot be followed at all. */
  failed: (error: ApiError) => void;
}

/** Follows a run from `cursor` to its end, over connections as they come. */
export async function follow(id: string, turn: number, cursor: string, to: Follower, stop: AbortSignal): Promise<void> {
  for (let tries = 0; !stop.aborted; tries++) {
    try {
      const response = await ask(`${at(id)}/runs/${turn}/events`, { headers: { "last-event-id": cursor }, signal: stop });
      to.broken(false);
      for await (const message of messages(response)) {
        tries = 0;
        if (message.id) cursor = message.id;
        if (message.event === "end") return to.end(JSON.parse(message.data).state);
        to.event(JSON.parse(message.data), cursor);
      }
    } catch (error) {
      if (stop.aborted) return;
      if (error instanceof ApiError && error.status < 500) return to.failed(error);
    }
    to.broken(true);
    await new Promise((wake) => setTimeout(wake, PAUSES[Math.min(tries, PAUSES.length - 1)]));
  }
}

interface Message {
  id: string;
  event: string;
  data: string;
}

/** Server-sent events of a response (HTML standard, "Interpreting an event stream"). */
async function* messages(response: Response): AsyncGenerator<Message> {
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  if (!reader) return;
  let rest = "";
  let message: Message = { id: "", event: "", data: "" };
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const lines = (rest + value).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line === "") {
        if (message.data) yield message;
        message = { id: "", event: "", data: "" };
        continue;
      }
      const [name, ...more] = line.split(":");
      const text = more.join(":").replace(/^ /, "");
      if (name === "id" || name === "event") message[name] = text;
      if (name === "data") message.data += (message.data && "\n") + text;
    }
  }
}
