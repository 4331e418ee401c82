import { execFileSync } from "node:child_process";
import { chmodSync, copyFileSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { basename, dirname, join } from "node:path";
import { localFolder } from "../../../scripts/setup/paths.ts";
import { processFolder, removeLeftFolders } from "../temporary/process-folder.ts";

const prefix = "root-";

/**
 * All shared libraries that these tests let an image's base have: what C and C++ programs need, in every Debian and Amazon
 * Linux image with Node. A package that loads another one fails here; whether its base has that one is then to be looked up.
 */
const baseLibraries =
  /^(ld-linux-x86-64\.so\.2|ld-linux-aarch64\.so\.1|lib(c|m|resolv)\.so\.6|lib(dl|resolv|nss_dns|nss_files)\.so\.2|lib(pthread)\.so\.0|librt\.so\.1|libstdc\+\+\.so\.6|libgcc_s\.so\.1)$/;

/** The users of an image: name and numeric ids. */
export interface User {
  name: string;
  uid: number;
  gid: number;
  home: string;
}

/** A folder laid out like the root of an image: libraries, devices, users and the folders that every system has. */
export class RootFolder {
  readonly path: string;

  constructor(users: User[]) {
    mkdirSync(localFolder, { recursive: true });
    // On the disk of node_modules, so that its files can be linked.
    removeLeftFolders(localFolder, prefix);
    this.path = mkdtempSync(join(localFolder, `${processFolder(prefix)}-`));
    execFileSync("chmod", ["755", this.path]);
    for (const folder of ["bin", "dev", "etc", "lib", "lib64", "proc", "tmp", "usr/lib"]) this.makeFolder(`/${folder}`);
    chmodSync(this.inside("/tmp"), 0o1777);
    for (const device of ["null", "zero", "random", "urandom"]) this.write(`/dev/${device}`, "");
    this.write("/etc/passwd", users.map(({ name, uid, gid, home }) => `${name}:x:${uid}:${gid}::${home}:\n`).join(""));
    this.write("/etc/nsswitch.conf", "hosts: files dns\n");
    this.write("/etc/group", users.map(({ name, gid }) => `${name}:x:${gid}:\n`).join(""));
    for (const file of ["/etc/hosts", "/etc/resolv.conf"]) copyFileSync(file, this.inside(file));
    this.copyLibraries();
  }

  /** Where a path of the image is on this machine. */
  inside(path: string): string {
    return join(this.path, path);
  }

  makeFolder(path: string): void {
    mkdirSync(this.inside(path), { recursive: true, mode: 0o755 });
  }

  write(path: string, content: string | Uint8Array, mode = 0o644): void {
    this.makeFolder(dirname(path));
    writeFileSync(this.inside(path), content, { mode });
  }

  /** Copies a file, or what is in a folder, as COPY does: with its mode, links as links. */
  copy(from: string, to: string): void {
    this.makeFolder(dirname(to));
    execFileSync("cp", ["--archive", "--no-preserve=ownership", "--reflink=auto", "-T", from, this.inside(to)]);
  }

  /** Links the files of a folder here instead of copying them: they are the same files, never to be changed. */
  link(from: string, to: string): void {
    this.makeFolder(dirname(to));
    execFileSync("cp", ["--archive", "--link", "-T", from, this.inside(to)]);
  }

  remove(): void {
    rmSync(this.path, { recursive: true, force: true });
  }

  private copyLibraries(): void {
    const known = execFileSync("/sbin/ldconfig", ["-p"], { encoding: "utf8" });
    for (const [, path = ""] of known.matchAll(/\(libc6,(?:x86-64|AArch64).*\) => (\S+)/g)) {
      if (!baseLibraries.test(basename(path))) continue;
      const loader = basename(path).startsWith("ld-linux");
      for (const folder of loader ? ["/lib", "/lib64"] : ["/usr/lib", "/lib64"]) {
        this.makeFolder(folder);
        copyFileSync(path, this.inside(join(folder, basename(path))));
      }
    }
  }
}
