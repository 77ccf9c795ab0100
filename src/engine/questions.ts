// Questions: matches what the native engine answers with what it was asked, by number, in whatever order.

interface Open<Answer> {
  resolve(answer: Answer): void;
  reject(error: Error): void;
}

/** Questions of one kind. */
export class Questions<Answer> {
  readonly #open = new Map<number, Open<Answer>>();
  #last = 0;

  /** Hands `put` the number of a new question; resolves with its answer. */
  ask(put: (request: number) => void): Promise<Answer> {
    this.#last += 1;
    const request = this.#last;
    return new Promise((resolve, reject) => {
      this.#open.set(request, { resolve, reject });
      put(request);
    });
  }

  /** Settles the question of that number. */
  answer(request: number, answer: Answer): void {
    this.#open.get(request)?.resolve(answer);
    this.#open.delete(request);
  }

  /** Rejects every question that is open. */
  rejectAll(error: Error): void {
    for (const { reject } of this.#open.values()) reject(error);
    this.#open.clear();
  }
}
