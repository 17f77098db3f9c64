package io.apexstore.cli;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.manifest.KeyspaceState;
import io.apexstore.engine.manifest.TableMeta;
import io.apexstore.engine.sstable.Table;
import io.apexstore.engine.sstable.TableVerification;
import java.io.IOException;
import java.nio.file.Path;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParseResult;

/** {@code apexstore verify}: reads and checks every block of every table of a closed store. */
final class VerifyCommand implements Subcommand {
  @Override
  public String name() {
    return "verify";
  }

  @Override
  public CommandSpec spec() {
    CommandSpec spec = CommandSpec.create().name("verify").mixinStandardHelpOptions(true);
    spec.usageMessage()
        .description(
            "Checks the manifest and every block of every table of a store that is not open."
                + " Changes nothing. Exits with 1 if anything is damaged. The log is not checked;"
                + " the next start does that.");
    spec.addPositional(
        PositionalParamSpec.builder()
            .paramLabel("DIRECTORY")
            .arity("1")
            .required(true)
            .type(Path.class)
            .description("The directory of the store, or the data directory of a server.")
            .build());
    EncryptionKeyFlags.addTo(spec);
    return spec;
  }

  @Override
  public int run(ParseResult arguments, Console console) {
    Path directory = arguments.matchedPositionalValue(0, Path.of("."));
    try (StoreFiles files =
        StoreFiles.open(directory, () -> EncryptionKeyFlags.keys(arguments, directory, console))) {
      if (!files.has(FileNames.MANIFEST)) {
        console.error(directory + " contains no store");
        return Console.FAILED;
      }
      try (AutoCloseable _ = files.storage().lock(FileNames.LOCK)) {
        return verify(files, console);
      }
    } catch (IOException | EngineException e) {
      console.error(directory + " cannot be verified: " + e.getMessage());
      return Console.FAILED;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  private static int verify(StoreFiles files, Console console) throws IOException {
    int damaged = 0;
    int tables = 0;
    for (KeyspaceState keyspace : files.state().keyspaces()) {
      for (TableMeta meta : keyspace.tables()) {
        tables++;
        damaged += verifyTable(files, meta, console) ? 0 : 1;
      }
    }
    console.out().println(tables + " tables, " + damaged + " damaged");
    return damaged == 0 ? Console.OK : Console.FAILED;
  }

  private static boolean verifyTable(StoreFiles files, TableMeta meta, Console console)
      throws IOException {
    String name = FileNames.table(meta.fileId());
    try (Table table = files.table(meta)) {
      TableVerification found = table.verify();
      console
          .out()
          .println(
              name + ": " + found.blocks() + " blocks, " + found.entries() + " entries, in order");
      return true;
    } catch (EngineException e) {
      console.out().println(name + ": DAMAGED: " + e.getMessage());
      return false;
    }
  }
}
