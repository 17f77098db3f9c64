package io.apexstore.cli;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class MainTest {

  @Test
  void usageIsPrintedWhereNoCommandIsGiven() {
    var bytes = new ByteArrayOutputStream();
    int exit = Main.run(new PrintStream(bytes, true, StandardCharsets.UTF_8));
    assertEquals(2, exit);
    assertEquals(
        "usage: apexstore <command>" + System.lineSeparator(),
        bytes.toString(StandardCharsets.UTF_8));
  }
}
