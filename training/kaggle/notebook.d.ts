/** A notebook's JSON, as the bundler puts it into a Lambda. */
declare module "*.ipynb" {
  const text: string;
  export default text;
}
