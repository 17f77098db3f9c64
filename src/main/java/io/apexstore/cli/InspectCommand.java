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

/** {@code apexstore inspect}: prints what a store's files hold. */
final class InspectCommand implements Command {
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
            "Prints a table, a log segment or the manifest of a store; of a directory, its manifest"
                + " and the names of its files. Changes nothing.");
    spec.addPositional(
        PositionalParamSpec.builder()
            .paramLabel("PATH")
            .arity("1")
            .required(true)
            .type(Path.class)
            .description("A file of a store, or a directory.")
            .build());
    spec.addOption(
        OptionSpec.builder(ENTRIES)
            .type(boolean.class)
            .arity("0")
            .description("Every entry of a table, every commit of a log.")
            .build());
    EncryptionKeyFlags.addTo(spec);
    return spec;
  }

  @Override
  public int run(ParseResult arguments, Console console) {
    Path path = arguments.matchedPositionalValue(0, Path.of("."));
    boolean entries = arguments.matchedOptionValue(ENTRIES, false);
    try {
      boolean whole =
          Files.isDirectory(path)
              ? inspectFolder(path, keysOf(path, arguments, console), console)
              : inspectFile(path, entries, keysOf(path, arguments, console), console);
      return whole ? Console.OK : Console.FAILED;
    } catch (IOException | EngineException e) {
      console.complain(path + " cannot be read: " + e.getMessage());
      return Console.FAILED;
    }
  }

  private static Supplier<KeyWrapper> keysOf(Path path, ParseResult arguments, Console console) {
    Path parent = path.toAbsolutePath().getParent();
    Path folder = Files.isDirectory(path) || parent == null ? path : parent;
    return () -> EncryptionKeyFlags.keys(arguments, folder, console);
  }

  private static boolean inspectFolder(Path folder, Supplier<KeyWrapper> keys, Console console)
      throws IOException {
    try (StoreFiles files = StoreFiles.open(folder, keys)) {
      files.storage().list().stream().sorted().forEach(console.out()::println);
      return ManifestDump.dump(files.storage(), FileNames.MANIFEST, files.keys(), console.out());
    }
  }

  private static boolean inspectFile(
      Path path, boolean entries, Supplier<KeyWrapper> keys, Console console) throws IOException {
    Path parent = path.toAbsolutePath().getParent();
    String name = String.valueOf(path.getFileName());
    if (parent == null || !Files.isRegularFile(path)) {
      console.complain(path + ": there is no such file");
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
        console.complain(path + " is no table, log segment or manifest");
        return false;
      }
      return true;
    }
  }
}
