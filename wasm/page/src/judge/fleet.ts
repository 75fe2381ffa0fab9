/** What else exists, as the worker holds it: files of a folder, and the checker that knows their clusters. */

import { Checker } from "@clearance/wasm/dist/core/clearance.js";
import type * as told from "@clearance/wasm/dist/types.js";

import type { FleetFile, FleetRow, FleetView } from "./protocol";

/** How many files with clusters are judged one by one: all count among the others. */
const MOST = 2_000;

export class Fleet {
  checker = new Checker(JSON.stringify({ complete: false }));
  /** What was read, by path; the text is kept of what holds something. */
  private readonly files = new Map<string, { text: string; clusters: number; referrers: number }>();
  private complete = false;

  /** Adds files; returns how many there are. */
  add(files: readonly FleetFile[]): number {
    for (const { path, text } of files) {
      const added = JSON.parse(this.checker.add(text, path)) as told.Added;
      const { clusters, referrers } = added;
      this.files.set(path, { clusters, referrers, text: clusters + referrers > 0 ? text : "" });
    }
    return this.files.size;
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
  }

  /** Each file with clusters, judged among all; those with findings first. */
  view(request: (path: string) => string): FleetView {
    const rows: FleetRow[] = [];
    const hosts = new Set<string>();
    const described = [...this.files].filter(([, { clusters }]) => clusters > 0);
    for (const [path, { text }] of described.slice(0, MOST)) {
      const verdict = JSON.parse(this.checker.check(text, request(path))) as told.Verdict;
      for (const document of verdict.documents) {
        if (document.form === undefined) continue;
        const mine = verdict.findings.filter((finding) => (finding.document ?? 1) === (document.document ?? 1));
        const host = /^\s*(?:"?hostCluster"?|"?host_cluster"?):\s*"?([\w.-]+)/m.exec(text.slice(document.range.start.offset, document.range.end.offset))?.[1] ?? "";
        if (document.profile === "physical-host" && document.name) hosts.add(document.name);
        rows.push({
          path, host, name: document.name ?? "", profile: document.profile ?? "",
          errors: count(mine, "error"),
          warnings: count(mine, "warning"),
        });
      }
    }
    rows.sort((a, b) => b.errors - a.errors || b.warnings - a.warnings || a.path.localeCompare(b.path));
    const sum = (of: "clusters" | "referrers") => [...this.files.values()].reduce((all, file) => all + file[of], 0);
    return { files: this.files.size, clusters: sum("clusters"), referrers: sum("referrers"), complete: this.complete, rows, hosts: [...hosts].sort() };
  }
}

function count(findings: readonly told.Finding[], severity: told.Severity): number {
  return findings.filter((finding) => finding.severity === severity).length;
}
