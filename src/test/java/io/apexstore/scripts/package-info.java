/** Tests of the scripts, which run them in a temporary directory with a fake JDK and Maven. */
@NullMarked
package io.apexstore.scripts;

import org.jspecify.annotations.NullMarked;
