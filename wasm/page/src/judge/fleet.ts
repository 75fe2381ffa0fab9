/** What else exists, as the worker holds it: files of a folder, and the checker that knows their clusters. */

import { Checker } from "@clearance/wasm/dist/core/clearance.js";
import type * as told from "@clearance/wasm/dist/types.js";

import type { Policies } from "./policies";
import type { FleetFile, FleetRow, FleetView } from "./protocol";

/** How many files with clusters are judged one by one: all count among the others. */
const MOST = 2_000;

export class Fleet {
  checker: Checker;
  /** What was read, by path; the text is kept of what holds something. */
  private readonly files = new Map<string, { text: string; clusters: number; referrers: number; trouble: string | undefined }>();
  private complete = false;

  constructor(private readonly policies: Policies) {
    this.checker = new Checker(JSON.stringify({ complete: false }));
    this.obey();
  }

  /** The policies that hold are others. */
  obey(): void {
    this.checker.setPolicies(this.policies.list);
  }

  add(files: readonly FleetFile[]): void {
    for (const { path, text } of files) {
      const { clusters, referrers, trouble } = JSON.parse(this.checker.add(text, path)) as told.Added;
      this.files.set(path, { clusters, referrers, trouble, text: clusters + referrers > 0 ? text : "" });
    }
  }

  /** The first file that could not be read, and why: what it holds is not known. */
  get trouble(): { path: string; message: string } | undefined {
    for (const [path, { trouble }] of this.files) if (trouble !== undefined) return { path, message: trouble };
    return undefined;
  }

  text(path: string): string | undefined {
    return this.files.get(path)?.text;
  }

  /** Says whether what is not here does not exist. */
  judge(complete: boolean): void {
    if (complete === this.complete) return;
    const checker = new Checker(JSON.stringify({ complete }));
    for (const [path, { text }] of this.files) if (text !== "") checker.add(text, path);
    this.checker.free();
    this.checker = checker;
    this.complete = complete;
    this.obey();
  }

  /** Each file with clusters, judged among all; those with findings first. */
  async view(judge: (text: string, path: string) => Promise<told.Verdict>): Promise<FleetView> {
    const rows: FleetRow[] = [];
    const hosts = new Set<string>();
    const described = [...this.files].filter(([, { clusters }]) => clusters > 0);
    for (const [path, { text }] of described.slice(0, MOST)) {
      const verdict = await judge(text, path);
      for (const document of verdict.documents) {
        if (document.form === undefined) continue;
        const mine = verdict.findings.filter((finding) => (finding.document ?? 1) === (document.document ?? 1));
        if (document.profile === "physical-host" && document.name) hosts.add(document.name);
        rows.push({
          path, host: document.host ?? "", name: document.name ?? "", profile: document.profile ?? "",
          errors: count(mine, "error"),
          warnings: count(mine, "warning"),
        });
      }
    }
    rows.sort((a, b) => b.errors - a.errors || b.warnings - a.warnings || a.path.localeCompare(b.path));
    const sum = (of: "clusters" | "referrers") => [...this.files.values()].reduce((all, file) => all + file[of], 0);
    return { files: this.files.size, clusters: sum("clusters"), referrers: sum("referrers"), complete: this.complete, trouble: this.trouble, rows, hosts: [...hosts].sort() };
  }
}

function count(findings: readonly told.Finding[], severity: told.Severity): number {
  return findings.filter((finding) => finding.severity === severity).length;
}
