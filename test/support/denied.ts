/** The error with which AWS rejects a caller that may not do this. */
export function denied(action: string): Error {
  const message = `User: arn:aws:iam::123456789012:user/jane is not authorized to perform: ${action} because no identity-based policy allows the ${action} action`;
  return Object.assign(new Error(message), { name: "AccessDeniedException", $metadata: { httpStatusCode: 403 } });
}

/** An error by its name, as AWS's clients throw it. */
export function named(name: string, message = name): Error {
  return Object.assign(new Error(message), { name });
}
