import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";

/** Resources of a template by their logical ids. */
type Resources = Record<string, { Type: string; DependsOn?: string | string[] }>;

/** A cloud assembly, as `cdk synth` leaves it in a folder, which can be changed before it is deployed. */
export class Assembly {
  readonly folder: string;

  constructor(folder: string) {
    this.folder = folder;
  }

  /** Resources of each stack, by the stack's name in the app. */
  resources(): Map<string, Resources> {
    const files = readdirSync(this.folder).filter((file) => file.endsWith(".template.json"));
    return new Map(files.map((file) => [file.replace(".template.json", ""), this.read(file).Resources]));
  }

  /** Takes resources of these types out, and puts words in the place of what refers to them or to these attributes. */
  leaveOut(types: readonly string[], attributes: readonly string[]): void {
    for (const [stack, resources] of this.resources()) {
      const gone = Object.keys(resources).filter((id) => types.includes(resources[id]?.Type ?? ""));
      for (const id of gone) delete resources[id];
      for (const resource of Object.values(resources)) {
        const { DependsOn = [] } = resource;
        resource.DependsOn = [DependsOn].flat().filter((id) => !gone.includes(id));
      }
      const file = `${stack}.template.json`;
      const template = JSON.stringify({ ...this.read(file), Resources: resources }, (_, value) => {
        const [id, attribute] = value?.["Fn::GetAtt"] ?? [value?.Ref];
        return gone.includes(id) || attributes.includes(attribute) ? "left-out" : value;
      });
      writeFileSync(join(this.folder, file), template);
    }
  }

  /** Has no image built: their names in the templates stay. */
  leaveOutImages(): void {
    for (const file of readdirSync(this.folder).filter((name) => name.endsWith(".assets.json")))
      writeFileSync(join(this.folder, file), JSON.stringify({ ...this.read(file), dockerImages: {} }));
  }

  private read(file: string) {
    return JSON.parse(readFileSync(join(this.folder, file), "utf8"));
  }
}
