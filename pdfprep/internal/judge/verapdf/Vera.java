// Asks veraPDF about PDF/A and PDF/UA, many files in one run: each line of standard input is a path, a tab and a flavour such as 1b or ua1
// (empty: what the file claims); each line of standard output is a JSON object about one file, in the same order.

import org.verapdf.gf.foundry.VeraGreenfieldFoundryProvider;
import org.verapdf.pdfa.Foundries;
import org.verapdf.pdfa.PDFAParser;
import org.verapdf.pdfa.PDFAValidator;
import org.verapdf.pdfa.flavours.PDFAFlavour;
import org.verapdf.pdfa.results.TestAssertion;
import org.verapdf.pdfa.results.ValidationResult;

import java.io.BufferedReader;
import java.io.FileInputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.StringJoiner;
import java.util.TreeSet;
import java.util.logging.LogManager;

public final class Vera {
    public static void main(String[] none) throws Exception {
        LogManager.getLogManager().reset();
        VeraGreenfieldFoundryProvider.initialise();
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] parts = line.split("\t", -1);
            String answer;
            try {
                answer = judge(parts[0], parts.length > 1 ? parts[1] : "");
            } catch (Throwable e) {
                answer = "{\"error\":" + text(e.toString()) + "}";
            }
            out.println(answer);
        }
    }

    private static String judge(String path, String wanted) throws Exception {
        PDFAFlavour flavour = wanted.isEmpty() ? PDFAFlavour.NO_FLAVOUR : PDFAFlavour.fromString(wanted);
        try (PDFAParser parser = wanted.isEmpty()
                ? Foundries.defaultInstance().createParser(new FileInputStream(path))
                : Foundries.defaultInstance().createParser(new FileInputStream(path), flavour)) {
            if (wanted.isEmpty()) {
                flavour = parser.getFlavour();
            }
            PDFAValidator validator = Foundries.defaultInstance().createValidator(flavour, false);
            ValidationResult result = validator.validate(parser);
            TreeSet<String> failures = new TreeSet<>();
            for (TestAssertion a : result.getTestAssertions()) {
                if (a.getStatus() == TestAssertion.Status.FAILED) {
                    failures.add(a.getRuleId().getClause() + "-" + a.getRuleId().getTestNumber() + " " + a.getMessage());
                }
            }
            StringJoiner list = new StringJoiner(",", "[", "]");
            for (String failure : failures) {
                list.add(text(failure));
            }
            return "{\"flavour\":" + text(flavour.getId()) + ",\"compliant\":" + result.isCompliant() + ",\"failures\":" + list + "}";
        }
    }

    private static String text(String s) {
        StringBuilder b = new StringBuilder("\"");
        for (char c : s.toCharArray()) {
            if (c == '"' || c == '\\') {
                b.append('\\').append(c);
            } else if (c < ' ') {
                b.append(' ');
            } else {
                b.append(c);
            }
        }
        return b.append('"').toString();
    }
}
