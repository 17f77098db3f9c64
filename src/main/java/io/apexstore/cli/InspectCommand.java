package io.apexstore.cli;

import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.encryption.KeyWrapper;
import io.apexstore.engine.file.FileNames;
import io.apexstore.engine.manifest.ManifestDump;
import io.apexstore.engine.sstable.Table;
import io.apexstore.engine.sstable.TableDump;
import io.apexstore.engine.wal.LogDump;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Supplier;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParseResult;

/** {@code apexstore inspect}: prints the contents of a store's files. */
final class InspectCommand implements Subcommand {
  private static final String ENTRIES = "--entries";

  @Override
  public String name() {
    return "inspect";
  }

  @Override
  public CommandSpec spec() {
    CommandSpec spec = CommandSpec.create().name("inspect").mixinStandardHelpOptions(true);
    spec.usageMessage()
        .description(
            "Prints a table, a log segment or the manifest of a store. For a directory, prints the"
                + " names of its files and its manifest. Changes nothing.");
    spec.addPositional(
        PositionalParamSpec.builder()
            .paramLabel("PATH")
            .arity("1")
            .required(true)
            .type(Path.class)
            .description("A file or the directory of a store.")
            .build());
    spec.addOption(
        OptionSpec.builder(ENTRIES)
            .type(boolean.class)
            .arity("0")
            .description("Also print every entry of a table or every commit of a log segment.")
            .build());
    EncryptionKeyFlags.addTo(spec);
    return spec;
  }

  @Override
  public int run(ParseResult arguments, Console console) {
    Path path = arguments.matchedPositionalValue(0, Path.of("."));
    boolean entries = arguments.matchedOptionValue(ENTRIES, false);
    try {
      boolean complete =
          Files.isDirectory(path)
              ? inspectDirectory(path, keysOf(path, arguments, console), console)
              : inspectFile(path, entries, keysOf(path, arguments, console), console);
      return complete ? Console.OK : Console.FAILED;
    } catch (IOException | EngineException e) {
      console.error(path + " cannot be read: " + e.getMessage());
      return Console.FAILED;
    }
  }

  private static Supplier<KeyWrapper> keysOf(Path path, ParseResult arguments, Console console) {
    Path parent = path.toAbsolutePath().getParent();
    Path directory = Files.isDirectory(path) || parent == null ? path : parent;
    return () -> EncryptionKeyFlags.keys(arguments, directory, console);
  }

  private static boolean inspectDirectory(
      Path directory, Supplier<KeyWrapper> keys, Console console) throws IOException {
    try (StoreFiles files = StoreFiles.open(directory, keys)) {
      files.storage().list().stream().sorted().forEach(console.out()::println);
      return ManifestDump.dump(files.storage(), FileNames.MANIFEST, files.keys(), console.out());
    }
  }

  private static boolean inspectFile(
      Path path, boolean entries, Supplier<KeyWrapper> keys, Console console) throws IOException {
    Path parent = path.toAbsolutePath().getParent();
    String name = String.valueOf(path.getFileName());
    if (parent == null || !Files.isRegularFile(path)) {
      console.error(path + ": no such file");
      return false;
    }
    try (StoreFiles files = StoreFiles.open(parent, keys)) {
      if (FileNames.isLog(name)) {
        new LogDump(files.storage(), files.keys(), console.out(), entries).print(name);
      } else if (name.endsWith(FileNames.TABLE_SUFFIX) && FileNames.idOf(name) >= 0) {
        try (Table table = files.table(FileNames.idOf(name))) {
          TableDump.print(table, entries, console.out());
        }
      } else if (name.startsWith(FileNames.MANIFEST)) {
        return ManifestDump.dump(files.storage(), name, files.keys(), console.out());
      } else {
        console.error(path + " is not a table, a log segment or a manifest");
        return false;
      }
      return true;
    }
  }
}
