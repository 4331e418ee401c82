// Preloaded before AWS's runtime client: its HTTP client is machine code that is built with CMake and curl. This says the same to
// the Runtime API. Everything else of the client is AWS's own.
const { request } = require("node:http");
const Module = require("node:module");

const [hostname, port] = process.env.AWS_LAMBDA_RUNTIME_API.split(":");

function post(id, kind, body, headers = {}) {
  const path = `/2018-06-01/runtime/invocation/${id}/${kind}`;
  const sent = request({ hostname, port, path, method: "POST", headers }, (response) => response.resume());
  sent.on("error", (error) => console.error(error));
  sent.end(body);
}

const client = {
  done: (id, body) => post(id, "response", body),
  error: (id, body, xray) => post(id, "error", body, { "Lambda-Runtime-Function-XRay-Error-Cause": xray }),
};

const load = Module._extensions[".node"];
Module._extensions[".node"] = (module, file) => {
  if (file.endsWith("/rapid-client.node")) module.exports = client;
  else load(module, file);
};
