/** Starts the page. */

import "./style/page.css";
import "./views/page";

import { registerOffline } from "./state/offline";

// Half of the page's script, and what the rules need not wait for.
void import("./editor/text-editor");
registerOffline();
