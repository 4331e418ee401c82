import { InvalidInputError } from "../errors.ts";

/** What `owner/slug` names: a dataset or a kernel. */
export interface KaggleRef {
  owner: string;
  slug: string;
}

/** As Kaggle makes a slug of a title: small letters and digits with single hyphens between. */
export function slugify(title: string): string {
  return title
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, "-")
    .replace(/^-|-$/g, "");
}

/** Reads `owner/slug`. @throws InvalidInputError */
export function parseRef(text: string): KaggleRef {
  const [owner, slug, ...rest] = text.split("/");
  if (owner && slug && rest.length === 0) return { owner, slug };
  throw new InvalidInputError(`'${text}' must be written owner/slug, such as jane/avocado-ripening.`);
}

/** What is wrong with a dataset's slug, title and subtitle, as Kaggle would find. @throws InvalidInputError */
export function checkDataset(dataset: { slug: string; title: string; subtitle?: string }): void {
  reject("dataset", [
    ...slugProblems("dataset", dataset.slug, 6, 50),
    lengthProblem("The dataset's title", dataset.title, 6, 50),
    dataset.subtitle === undefined ? undefined : lengthProblem("The dataset's subtitle", dataset.subtitle, 20, 80),
  ]);
}

/** What is wrong with a kernel's slug, title and datasets, as Kaggle would find. @throws InvalidInputError */
export function checkKernel(kernel: { slug: string; title: string; datasets: readonly string[] }): void {
  const { slug, title, datasets } = kernel;
  const made = slugify(title);
  reject("kernel", [
    ...slugProblems("kernel", slug, 5, 50),
    lengthProblem("The kernel's title", title, 5, 50),
    made === slug
      ? undefined
      : `Kaggle makes the slug '${made}' of the title '${title}', not '${slug}': change one to match the other.`,
    ...datasets.map((source) =>
      /^[\w-]+\/[\w-]+(\/\d+)?$/.test(source)
        ? undefined
        : `The dataset '${source}' must be written owner/slug or owner/slug/version, the version a number.`,
    ),
  ]);
}

function slugProblems(what: string, slug: string, least: number, most: number) {
  const made = slugify(slug);
  const form = slug === made ? undefined : `The ${what}'s slug '${slug}' may have a-z, 0-9 and single hyphens`;
  return [
    form && `${form}: ${made ? `write '${made}'` : "choose another"}.`,
    lengthProblem(`The ${what}'s slug`, slug, least, most),
  ];
}

function lengthProblem(what: string, text: string, least: number, most: number): string | undefined {
  const { length } = text.trim();
  if (length >= least && length <= most) return undefined;
  const change = length < least ? `make it ${least - length} longer` : `make it ${length - most} shorter`;
  return `${what} '${text}' has ${length} characters, but Kaggle takes ${least} to ${most}: ${change}.`;
}

function reject(what: string, problems: (string | undefined)[]): void {
  const found = problems.filter((problem) => problem !== undefined);
  if (found.length > 0) throw new InvalidInputError(`Kaggle would reject the ${what}:\n${found.join("\n")}`);
}
