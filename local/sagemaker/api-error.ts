/** What SageMaker answers when it rejects a call: HTTP 400 with a code. */
export class ApiError extends Error {
  readonly code: string;

  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}
