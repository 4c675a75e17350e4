// Asks EU DSS about signed PDFs, many in one run, offline: arguments are the files of the certificates to trust; each line of standard input is a
// path, a tab and a password; each line of standard output is a JSON object about one file, in the same order.

import eu.europa.esig.dss.diagnostic.DiagnosticData;
import eu.europa.esig.dss.diagnostic.TimestampWrapper;
import eu.europa.esig.dss.jaxb.object.Message;
import eu.europa.esig.dss.model.FileDocument;
import eu.europa.esig.dss.pades.validation.PDFDocumentValidator;
import eu.europa.esig.dss.simplereport.SimpleReport;
import eu.europa.esig.dss.spi.DSSUtils;
import eu.europa.esig.dss.spi.validation.CommonCertificateVerifier;
import eu.europa.esig.dss.spi.x509.CommonTrustedCertificateSource;
import eu.europa.esig.dss.validation.reports.Reports;

import java.io.BufferedReader;
import java.io.File;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.StringJoiner;

public final class Dss {
    public static void main(String[] roots) throws Exception {
        CommonTrustedCertificateSource trusted = new CommonTrustedCertificateSource();
        for (String root : roots) {
            trusted.addCertificate(DSSUtils.loadCertificate(new File(root)));
        }
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            String[] parts = line.split("\t", -1);
            String answer;
            try {
                answer = judge(parts[0], parts.length > 1 ? parts[1] : "", trusted);
            } catch (Throwable e) {
                answer = "{\"error\":" + text(e.toString()) + "}";
            }
            out.println(answer);
        }
    }

    private static String judge(String path, String password, CommonTrustedCertificateSource trusted) {
        CommonCertificateVerifier verifier = new CommonCertificateVerifier(); // without sources for anything: what the file lacks is missing
        verifier.setTrustedCertSources(trusted);
        PDFDocumentValidator validator = new PDFDocumentValidator(new FileDocument(path));
        validator.setCertificateVerifier(verifier);
        if (!password.isEmpty()) {
            validator.setPasswordProtection(password.toCharArray());
        }
        Reports reports = validator.validateDocument();
        SimpleReport simple = reports.getSimpleReport();
        DiagnosticData data = reports.getDiagnosticData();
        StringJoiner signatures = new StringJoiner(",", "[", "]");
        for (String id : simple.getSignatureIdList()) {
            List<String> why = new ArrayList<>();
            for (Message m : simple.getAdESValidationErrors(id)) {
                why.add(m.getValue());
            }
            for (Message m : simple.getAdESValidationWarnings(id)) {
                why.add("warning: " + m.getValue());
            }
            signatures.add("{\"indication\":" + text(simple.getIndication(id)) + ",\"subIndication\":" + text(simple.getSubIndication(id))
                + ",\"format\":" + text(simple.getSignatureFormat(id)) + ",\"field\":" + text(data.getSignatureById(id).getFirstFieldName())
                + ",\"why\":" + text(String.join("; ", why)) + ",\"timestamps\":" + timestamps(simple, data.getSignatureById(id).getTimestampList()) + "}");
        }
        StringJoiner timestamps = new StringJoiner(",", "[", "]");
        for (String id : simple.getTimestampIdList()) {
            timestamps.add("{\"indication\":" + text(simple.getIndication(id)) + ",\"subIndication\":" + text(simple.getSubIndication(id)) + "}");
        }
        return "{\"signatures\":" + signatures + ",\"timestamps\":" + timestamps + "}";
    }

    private static StringJoiner timestamps(SimpleReport simple, List<TimestampWrapper> list) {
        StringJoiner out = new StringJoiner(",", "[", "]");
        for (TimestampWrapper t : list) {
            boolean valid = t.isSignatureValid() && t.isMessageImprintDataFound() && t.isMessageImprintDataIntact();
            out.add("{\"type\":" + text(t.getType()) + ",\"valid\":" + valid
                + ",\"indication\":" + text(simple.getIndication(t.getId())) + ",\"subIndication\":" + text(simple.getSubIndication(t.getId())) + "}");
        }
        return out;
    }

    private static String text(Object o) {
        if (o == null) {
            return "\"\"";
        }
        StringBuilder b = new StringBuilder("\"");
        for (char c : o.toString().toCharArray()) {
            if (c == '"' || c == '\\') {
                b.append('\\').append(c);
            } else if (c < ' ') {
                b.append(String.format("\\u%04x", (int) c));
            } else {
                b.append(c);
            }
        }
        return b.append('"').toString();
    }
}
