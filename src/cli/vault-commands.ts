import type { Command } from "commander";
import type { Act } from "./act.ts";

/** `latchkey vault …`: the vault as a whole. */
export function vaultCommands(program: Command, act: Act): void {
  const vault = program.command("vault").description("keys, backup and moving of the vault as a whole");
  vault
    .command("status")
    .description("whether it renews tokens, which keys are in use, and how much it holds")
    .action(act(async () => (await import("./vault.ts")).status));
  vault
    .command("rekey")
    .description("seal everything with the current key (LATCHKEY_KEY), while others go on serving")
    .action(act(async () => (await import("./vault.ts")).rekey));
  vault
    .command("export")
    .description("write everything into one encrypted file")
    .requiredOption("--to <file>", "the file; an existing one is never overwritten")
    .option("--passphrase-file <file>", "file of a passphrase, or of a key of `keys vault`; - for stdin")
    .action(act(async () => (await import("./vault-bundle.ts")).exportVault));
  vault
    .command("import")
    .description("bring such a file into an empty vault; nothing is renewed there before `vault confirm`")
    .requiredOption("--from <file>", "the file")
    .option("--passphrase-file <file>", "file of the passphrase or key it was written with; - for stdin")
    .action(act(async () => (await import("./vault-bundle.ts")).importVault));
  vault
    .command("confirm")
    .description("let a copied, restored or imported vault renew tokens")
    .option("--original-stopped", "the original, and every other copy, is stopped for good")
    .action(act(async () => (await import("./vault.ts")).confirm));
  vault
    .command("quarantine")
    .description("renew nothing from now on, until `vault confirm`")
    .action(act(async () => (await import("./vault.ts")).quarantine));
}
