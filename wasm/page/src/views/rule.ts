/** A rule's page. */

import { type TemplateResult, html } from "lit";

import { page } from "../lib/markdown";
import type { Session } from "../state/session";
import { words } from "../words";

export function ruleView(session: Session): TemplateResult {
  const say = words(session.language);
  if (!session.rule) return html`<p class="quiet">${say.ruleEmpty}</p>`;
  return html`<article class="rule-page" lang="en">${session.rulePage ? page(session.rulePage) : html`<p class="quiet">${say.loading}</p>`}</article>`;
}
