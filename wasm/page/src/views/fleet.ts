/** What else exists: clusters from a folder of this machine. */

import { type TemplateResult, html, nothing } from "lit";

import { inline } from "../lib/markdown";
import type { FleetRow } from "../judge/protocol";
import { chosenFolder, reading, stopReading } from "../state/files";
import type { Session } from "../state/session";
import { words } from "../words";

/** A table of more helps nobody: those with findings come first. */
const MOST = 200;

export function fleetView(session: Session): TemplateResult {
  const say = words(session.language);
  const { fleet } = session;
  const choose = (event: Event) => {
    const input = event.target as HTMLInputElement;
    if (input.files?.length) void chosenFolder(session, input.files).then(() => (input.value = ""));
  };
  return html`
    <p class="hint">${say.fleetHint}</p>
    <p class="row">
      <label class="file-button">${say.chooseFolder}<input type="file" id="fleet-folder" webkitdirectory multiple @change=${choose}></label>
      <label class="file-button">${say.chooseFiles}<input type="file" id="fleet-files" multiple @change=${choose}></label>
      ${fleet ? html`<button type="button" class="quiet-button" @click=${() => void session.clearFleet()}>${say.clearFleet}</button>` : nothing}
    </p>
    ${reading ? html`<p class="row" role="status"><progress max=${reading.all} value=${reading.done} aria-label=${say.reading(reading.done, reading.all)}></progress> ${say.reading(reading.done, reading.all)}
      <button type="button" id="stop-reading" @click=${stopReading}>${say.cancel}</button></p>` : nothing}
    ${fleet ? html`
      <p>${say.fleetState(fleet.clusters, fleet.referrers, fleet.files)}</p>
      <label class="check"><input type="checkbox" .checked=${fleet.complete} @change=${(event: Event) => void session.seeFleet((event.target as HTMLInputElement).checked)}> ${say.complete}</label>
      ${fleet.trouble ? html`<p class="notice" role="status">${say.unreadFile(fleet.trouble.path)} ${inline(fleet.trouble.message)}</p>` : nothing}
      ${fleet.rows.length > 0 ? table(session, fleet.rows) : nothing}` : nothing}`;
}

function table(session: Session, rows: readonly FleetRow[]): TemplateResult {
  const say = words(session.language);
  return html`<table class="fleet">
    <thead><tr><th scope="col">${say.cluster}</th><th scope="col">${say.kindTitle}</th><th scope="col">${say.onHost}</th><th scope="col">${say.file}</th><th scope="col">${say.state}</th></tr></thead>
    <tbody>${rows.slice(0, MOST).map((row) => html`<tr>
      <th scope="row"><button type="button" class="path" aria-label="${say.open}: ${row.name || row.path}" @click=${() => void session.openFromFleet(row.path)}>${row.name || "—"}</button></th>
      <td>${say.profile[row.profile]?.[0] ?? row.profile}</td>
      <td>${row.host}</td><td><code>${row.path}</code></td>
      <td class=${row.errors > 0 ? "error" : row.warnings > 0 ? "warning" : "fine"}>${row.errors + row.warnings > 0 ? say.summary(row.errors, row.warnings) : "✓"}</td>
    </tr>`)}</tbody>
  </table>
  ${rows.length > MOST ? html`<p class="quiet">${say.omitted(rows.length - MOST)}</p>` : nothing}`;
}
