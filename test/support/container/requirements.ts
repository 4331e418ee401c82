import { existsSync } from "node:fs";

/**
 * Does this machine run the tests of the containers?
 * @throws Error that says what is missing: a test that cannot be run has failed
 */
export function requireContainers(): void {
  const problems: string[] = [];
  if (process.platform !== "linux") problems.push("they run on Linux alone");
  else {
    if (process.getuid?.() !== 0) problems.push("they need root, to make file systems and to be other users");
    for (const program of ["/usr/bin/unshare", "/bin/sh", "/sbin/ldconfig"])
      if (!existsSync(program)) problems.push(`${program} is missing (packages util-linux, dash, libc-bin)`);
    if (!existsSync("/sys/fs/cgroup/memory") && !existsSync("/sys/fs/cgroup/cgroup.controllers"))
      problems.push("control groups are not mounted below /sys/fs/cgroup, so memory cannot be limited");
  }
  if (problems.length === 0) return;
  const advice =
    "Run 'sudo npm test -- --project integration test/integration/containers' on Linux, or leave them to CI.";
  throw new Error(`The images cannot be run here: ${problems.join("; ")}. ${advice}`);
}
