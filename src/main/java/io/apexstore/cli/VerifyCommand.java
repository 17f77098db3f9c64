package io.apexstore.cli;

import io.apexstore.engine.StoreVerifier;
import io.apexstore.engine.base.EngineException;
import io.apexstore.engine.base.EngineException.Failure;
import io.apexstore.engine.file.FileNames;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.file.Path;
import java.util.List;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.PositionalParamSpec;
import picocli.CommandLine.ParseResult;

/** {@code apexstore verify}: reads and checks every file of a closed store. */
final class VerifyCommand implements Subcommand {
  /** Exit code: every file is whole. */
  private static final int WHOLE = Console.OK;

  /** Exit code: a file is damaged or missing. */
  private static final int DAMAGED = Console.FAILED;

  /** Exit code: nothing was found damaged, but not everything could be checked. */
  private static final int NOT_VERIFIED = Console.USAGE_ERROR;

  @Override
  public String name() {
    return "verify";
  }

  @Override
  public CommandSpec spec() {
    CommandSpec spec = CommandSpec.create().name("verify").mixinStandardHelpOptions(true);
    spec.usageMessage()
        .description(
            "Checks all that the next start and every later read would: the manifest, the data"
                + " keys, every block of every table, every frame of the log. The store must not be"
                + " open. Changes nothing, so it also works on a read-only medium.",
            "Exits with 0 if the store is whole, with 1 if anything is damaged or missing, and with"
                + " 2 if it could not be verified: the store is open, a key is missing, a file"
                + " cannot be read, there is no store, or the command line is wrong.");
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
      List<String> names = files.storage().list();
      if (!names.contains(FileNames.MANIFEST)
          && names.stream().allMatch(name -> FileNames.idOf(name) < 0)) {
        console.error(directory + " contains no store");
        return NOT_VERIFIED;
      }
      try (AutoCloseable lock = files.lock()) {
        if (lock == null) {
          console
              .out()
              .println(
                  "LOCK: is missing, so the store cannot be locked: if it is opened meanwhile, what"
                      + " follows may be wrong");
        }
        Findings findings = new Findings(console.out());
        StoreVerifier.run(files.storage(), files.keys(), findings);
        return findings.conclude();
      }
    } catch (EngineException e) {
      // Of the data keys; all else is reported as a finding.
      boolean damaged = e.failure() == Failure.CORRUPTION;
      console.error(
          directory + (damaged ? " is DAMAGED: " : " cannot be verified: ") + e.getMessage());
      return damaged ? DAMAGED : NOT_VERIFIED;
    } catch (IOException e) {
      console.error(directory + " cannot be verified: " + e.getMessage());
      return NOT_VERIFIED;
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** Prints what is found, and counts it. */
  private static final class Findings implements StoreVerifier.Report {
    private final PrintStream out;
    private int damaged;
    private int unreadable;

    Findings(PrintStream out) {
      this.out = out;
    }

    @Override
    public void whole(String file, String what) {
      out.println(file + ": " + what);
    }

    @Override
    public void note(String file, String what) {
      out.println(file + ": " + what);
    }

    @Override
    public void damaged(String file, String what) {
      damaged++;
      out.println(file + ": DAMAGED: " + what);
    }

    @Override
    public void unreadable(String file, String what) {
      unreadable++;
      out.println(file + ": NOT VERIFIED: " + what);
    }

    int conclude() {
      if (damaged > 0) {
        out.println("the store is damaged: " + damaged + " findings");
        return DAMAGED;
      }
      if (unreadable > 0) {
        out.println("the store could not be verified: " + unreadable + " findings");
        return NOT_VERIFIED;
      }
      out.println("the store is whole");
      return WHOLE;
    }
  }
}
