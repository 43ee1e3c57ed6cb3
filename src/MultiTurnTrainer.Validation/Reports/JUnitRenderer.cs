using MultiTurnTrainer.Validation;
using MultiTurnTrainer.Validation.Findings;

namespace MultiTurnTrainer.Validation.Reports;

/// <summary>
/// JUnit XML: a test suite a file, a test case a rule that found something there. Errors are failures; warnings and infos
/// are output. Each case keeps its first hundred findings.
/// </summary>
internal sealed class JUnitRenderer(TextWriter output) : FindingRenderer
{
    private const int MostOfACase = 100;
    private readonly SortedDictionary<(string File, string Code), Case> _cases = [];

    public override void Begin() { }

    public override void Write(Finding finding)
    {
        (string, string) key = (finding.File, finding.Code);
        if (!_cases.TryGetValue(key, out Case? test))
        {
            _cases[key] = test = new Case();
        }

        test.Count++;
        test.Failed |= finding.Severity == Severity.Error;
        if (test.Count <= MostOfACase)
        {
            string path = finding.Path is null ? "" : $"{finding.Path}: ";
            test.Lines.Append(
                CultureInfo.InvariantCulture,
                $"line {finding.Line}: {Printable.Line(path + finding.Message)}\n"
            );
        }
    }

    public override void End(ValidationSummary summary)
    {
        XmlWriterSettings settings = new()
        {
            Indent = true,
            NewLineChars = "\n",
            OmitXmlDeclaration = true,
            CheckCharacters = false,
        };
        output.Write("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        using (XmlWriter xml = XmlWriter.Create(output, settings))
        {
            xml.WriteStartElement("testsuites");
            xml.WriteAttributeString("name", "mtt validate");
            xml.WriteAttributeString("tests", Number(_cases.Count));
            xml.WriteAttributeString("failures", Number(_cases.Values.Count(test => test.Failed)));
            foreach (
                IGrouping<string, KeyValuePair<(string File, string Code), Case>> file in _cases.GroupBy(pair =>
                    pair.Key.File
                )
            )
            {
                Suite(xml, file.Key, [.. file]);
            }

            xml.WriteEndElement();
        }

        output.Write("\n");
    }

    private static void Suite(XmlWriter xml, string file, List<KeyValuePair<(string File, string Code), Case>> cases)
    {
        xml.WriteStartElement("testsuite");
        xml.WriteAttributeString("name", Clean(Printable.Line(file)));
        xml.WriteAttributeString("tests", Number(cases.Count));
        xml.WriteAttributeString("failures", Number(cases.Count(pair => pair.Value.Failed)));
        foreach (((_, string code), Case test) in cases)
        {
            RuleInfo rule = Catalogue.Get(code);
            xml.WriteStartElement("testcase");
            xml.WriteAttributeString("classname", Clean(Printable.Line(file)));
            xml.WriteAttributeString("name", $"{code} {rule.Name}");
            string more = test.Count > MostOfACase ? $"and {Number(test.Count - MostOfACase)} more\n" : "";
            xml.WriteStartElement(test.Failed ? "failure" : "system-out");
            if (test.Failed)
            {
                xml.WriteAttributeString("type", code);
                xml.WriteAttributeString("message", $"{Number(test.Count)} × {rule.Summary}");
            }

            xml.WriteString(Clean(test.Lines + more));
            xml.WriteEndElement();
            xml.WriteEndElement();
        }

        xml.WriteEndElement();
    }

    /// <summary>XML 1.0 has no place for most control characters and lone surrogates.</summary>
    private static string Clean(string text) =>
        string.Concat(
            text.EnumerateRunes()
                .Select(rune =>
                    rune.Value is >= 0x20 and not (0xFFFE or 0xFFFF) or '\n' or '\t' ? rune.ToString() : "\uFFFD"
                )
        );

    private static string Number(long value) => value.ToString(CultureInfo.InvariantCulture);

    private sealed class Case
    {
        public long Count { get; set; }

        public bool Failed { get; set; }

        public StringBuilder Lines { get; } = new();
    }
}
