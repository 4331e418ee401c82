import { describe, expect, it } from "vitest";
import { showKernelOutput } from "../../../../cli/executions/trainer-lines.ts";
import { Progress } from "../../../../cli/terminal/progress.ts";

describe("showKernelOutput", () => {
  it("shows the epochs and nothing else", () => {
    const lines: string[] = [];
    const out = { write: (text: string) => lines.push(text) } as never;
    const epoch = "head epoch 1/4  loss 3.452  validation loss 1.881  MAE 1.88 d  17.8 s";
    showKernelOutput(`Executing notebook with kernel: python3\n${epoch}\n`, new Progress(out));
    expect(lines).toEqual([`    ${epoch}\n`]);
  });
});
