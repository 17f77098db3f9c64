package io.apexstore.architecture;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import io.apexstore.architecture.fixture.tests.Tagged;
import io.apexstore.architecture.fixture.tests.Untagged;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** The fast group has no slow test: each carries a tag that it excludes. */
class TestGroupsTest {
  private static final Pattern EXCLUDED = Pattern.compile("<excludedGroups>(.*?)</excludedGroups>");
  private static final String FIXTURES = Untagged.class.getPackageName();

  /** The tags that the fast group excludes. */
  private static TestGroups groups() throws IOException {
    Matcher matcher = EXCLUDED.matcher(Files.readString(Path.of("pom.xml")));
    assertTrue(matcher.find(), "the profile fast excludes no tags");
    return new TestGroups(Set.of(matcher.group(1).split(",", -1)));
  }

  private static JavaClasses tests() throws URISyntaxException {
    Path classes =
        Path.of(TestGroupsTest.class.getProtectionDomain().getCodeSource().getLocation().toURI());
    return new ClassFileImporter()
        .importPath(classes)
        .that(JavaClass.Predicates.resideOutsideOfPackage(FIXTURES));
  }

  @Test
  void everySlowTestCarriesATagThatTheFastGroupExcludes() throws Exception {
    JavaClasses tests = tests();
    assertEquals("", String.join("\n", groups().untagged(tests)));
    assertEquals("", String.join("\n", groups().unknownTags(tests)));
  }

  @Test
  void aSlowTestWithoutATagIsFound() throws IOException {
    JavaClasses fixtures = new ClassFileImporter().importPackages(FIXTURES);
    assertEquals(
        List.of(
            "ItsModelTest.isNamedLikeAModelTest is a ModelTest without @Tag(\"model\")",
            "Untagged.startsAProcess uses ProcessBuilder without @Tag(\"process\")",
            "Untagged.startsAProcessThroughALambda uses ProcessBuilder without @Tag(\"process\")",
            "Untagged.startsAProcessThroughAnotherClass uses ProcessBuilder without"
                + " @Tag(\"process\")",
            "UntaggedSetUp.isPreparedByAProcess uses ProcessBuilder without @Tag(\"process\")"),
        groups().untagged(fixtures));
    assertEquals(List.of("Tagged has the unknown tag proces"), groups().unknownTags(fixtures));
  }

  @Test
  void aTagOnTheMethodOrTheClassIsEnough() throws IOException {
    JavaClasses tagged = new ClassFileImporter().importClasses(Tagged.class, Tagged.OfClass.class);
    assertEquals(List.of(), groups().untagged(tagged));
  }
}
