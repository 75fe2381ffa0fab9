declare module "virtual:examples" {
  export interface Example {
    /** Its directory in the corpus. */
    readonly case: string;
    readonly language: "en" | "zh";
    /** The cluster's name in the guide. */
    readonly name: string;
  }
  export const names: readonly Example[];
}

declare module "virtual:examples-address" {
  const address: string;
  export default address;
}
