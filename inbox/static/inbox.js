// The conversations' page. Every word comes from the server; without scripts plain forms and links
// do the same.
import "./page.js";
import "./list.js";
import "./thread.js";
import "./composer.js";
import "./files.js";
import "./offers.js";
import "./editing.js";
import "./company.js";
import "./contact.js";
import "./menus.js";
import "./keys.js";
import "./push.js";
import { connect } from "./stream.js";

connect();
