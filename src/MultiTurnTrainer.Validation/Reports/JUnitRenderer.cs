using MultiTurnTrainer.Validation;
using MultiTurnTrainer.Validation.Findings;

namespace MultiTurnTrainer.Validation.Reports;

/// <summary>
/// JUnit XML: one test suite, a test case a file. Errors are the failure of their file, warnings and infos its output; each has the
/// first hundred findings. A file that was not read, because the run stopped before, is skipped.
/// </summary>
internal sealed class JUnitRenderer(TextWriter output) : FindingRenderer
{
    private const int MostOfACase = 100;
    private readonly Dictionary<string, Case> _cases = new(StringComparer.Ordinal);

    public override void Begin() { }

    public override void Write(Finding finding)
    {
        if (!_cases.TryGetValue(finding.File, out Case? test))
        {
            _cases[finding.File] = test = new Case();
        }

        (finding.Severity == Severity.Error ? test.Errors : test.Others).Add(finding);
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
        // A file that is named twice is one case.
        Dictionary<string, bool> files = [];
        summary.Inputs.ForEach(input => files.TryAdd(input.Name, input.IsRead));
        output.Write("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n");
        using (XmlWriter xml = XmlWriter.Create(output, settings))
        {
            foreach (string element in (string[])["testsuites", "testsuite"])
            {
                xml.WriteStartElement(element);
                xml.WriteAttributeString("name", "mtt validate");
                xml.WriteAttributeString("tests", Number(files.Count));
                xml.WriteAttributeString("failures", Number(_cases.Values.Count(test => test.Errors.Count > 0)));
                xml.WriteAttributeString("errors", "0");
                xml.WriteAttributeString("skipped", Number(files.Values.Count(isRead => !isRead)));
            }

            foreach ((string file, bool isRead) in files)
            {
                WriteCase(xml, file, isRead);
            }

            xml.WriteEndElement();
            xml.WriteEndElement();
        }

        output.Write("\n");
    }

    private void WriteCase(XmlWriter xml, string file, bool isRead)
    {
        string name = Clean(Printable.Line(file));
        xml.WriteStartElement("testcase");
        xml.WriteAttributeString("classname", "mtt validate");
        xml.WriteAttributeString("name", name);
        xml.WriteAttributeString("file", name);
        if (!isRead)
        {
            xml.WriteStartElement("skipped");
            xml.WriteAttributeString("message", "the run stopped before this file");
            xml.WriteEndElement();
        }

        Case found = _cases.GetValueOrDefault(file) ?? new Case();
        if (found.Errors.Count > 0)
        {
            xml.WriteStartElement("failure");
            xml.WriteAttributeString("type", found.Errors.First!.Code);
            xml.WriteAttributeString("message", found.Errors.Counts);
            xml.WriteString(Clean(found.Errors.Text));
            xml.WriteEndElement();
        }

        if (found.Others.Count > 0)
        {
            xml.WriteElementString("system-out", Clean(found.Others.Text));
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
        public Lines Errors { get; } = new();

        public Lines Others { get; } = new();
    }

    private sealed class Lines
    {
        private readonly SortedDictionary<string, long> _byCode = new(StringComparer.Ordinal);
        private readonly StringBuilder _lines = new();

        public Finding? First { get; private set; }

        public long Count { get; private set; }

        /// <summary>How often each code stands here.</summary>
        public string Counts =>
            string.Join(
                ", ",
                _byCode.Select(pair => $"{Number(pair.Value)} × {pair.Key} {Catalogue.Get(pair.Key).Name}")
            );

        public string Text => Count > MostOfACase ? $"{_lines}and {Number(Count - MostOfACase)} more\n" : $"{_lines}";

        public void Add(Finding finding)
        {
            First ??= finding;
            _byCode[finding.Code] = _byCode.GetValueOrDefault(finding.Code) + 1;
            if (Count++ < MostOfACase)
            {
                _lines.Append(TextRenderer.Plain(finding)).Append('\n');
            }
        }
    }
}
