// Starts `clearance lsp` and hands everything else to it: what is said of a cluster, the server says.

import * as vscode from "vscode";
import { LanguageClient, type LanguageClientOptions, type ServerOptions, State } from "vscode-languageclient/node";

let client: LanguageClient | undefined;

export async function activate(context: vscode.ExtensionContext): Promise<void> {
  const output = vscode.window.createOutputChannel("Clearance", { log: true });
  context.subscriptions.push(
    output,
    vscode.commands.registerCommand("clearance.restart", () => restart(output)),
    vscode.workspace.onDidChangeConfiguration(async (event) => {
      if (event.affectsConfiguration("clearance.path")) {
        await restart(output);
      } else if (event.affectsConfiguration("clearance")) {
        await client?.sendNotification("workspace/didChangeConfiguration", { settings: { clearance: settings() } });
      }
    }),
  );
  await restart(output);
}

export async function deactivate(): Promise<void> {
  await stop();
}

async function restart(output: vscode.LogOutputChannel): Promise<void> {
  await stop();
  const command = program();
  const server: ServerOptions = { command, args: ["lsp"] };
  const options: LanguageClientOptions = {
    documentSelector: ["yaml", "json", "jsonc"].flatMap((language) => [
      { scheme: "file", language },
      { scheme: "untitled", language },
    ]),
    initializationOptions: settings(),
    outputChannel: output,
  };
  client = new LanguageClient("clearance", "Clearance", server, options);
  try {
    await client.start();
  } catch (error) {
    output.error(error instanceof Error ? error : String(error));
    const choice = await vscode.window.showErrorMessage(
      `\`${command} lsp\` cannot be started: install clearance, or set where it is.`,
      "Open settings",
    );
    if (choice !== undefined) {
      await vscode.commands.executeCommand("workbench.action.openSettings", "clearance.path");
    }
  }
}

async function stop(): Promise<void> {
  const last = client;
  client = undefined;
  if (last !== undefined && last.state !== State.Stopped) {
    await last.stop().catch(() => undefined);
  }
}

/** The program: what the user has set, or `clearance` on PATH. */
function program(): string {
  const path = vscode.workspace.getConfiguration("clearance").get<string>("path")?.trim();
  return path === undefined || path === "" ? "clearance" : path;
}

/** What the server is told. */
function settings(): Record<string, unknown> {
  const clearance = vscode.workspace.getConfiguration("clearance");
  const layer = (name: string): unknown => clearance.get(`layers.${name}`);
  return {
    lang: clearance.get<string | null>("lang") ?? undefined,
    layers: {
      syntax: layer("syntax"),
      schema: besideYaml() ? layer("schema") : true,
      document: layer("document"),
      fleet: layer("fleet"),
    },
  };
}

/** Whether the extension is there that checks YAML by modelines: without it nobody else says what a schema says. */
function besideYaml(): boolean {
  const schema = vscode.workspace.getConfiguration("clearance").get("layers.schema");
  return schema !== "without-modeline" || vscode.extensions.getExtension("redhat.vscode-yaml") !== undefined;
}
