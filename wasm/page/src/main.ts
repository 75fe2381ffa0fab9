/** Starts the page. */

import "./style/page.css";
import "./views/page";

import { registerOffline } from "./state/offline";

registerOffline();
