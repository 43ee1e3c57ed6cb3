using System.Text.RegularExpressions;
using MultiTurnTrainer.Evaluation.Actions;
using MultiTurnTrainer.Evaluation.Sandboxes;

namespace MultiTurnTrainer.Evaluation.Verifiers;

/// <summary>
/// Programs: the reply's last block with a function passes every test. As published, only the last function is kept, helpers are
/// lost, and the first name after <c>def</c> is renamed everywhere; corrected, the whole block is run and its last function called.
/// </summary>
public sealed partial class CodeVerifier : IVerifier
{
    private readonly Sandbox _sandbox;

    private CodeVerifier(Sandbox sandbox) => _sandbox = sandbox;

    /// <summary>Opens the verifier.</summary>
    /// <param name="allowed">Whether programs may be run at all.</param>
    /// <exception cref="MttException">They may not, or there is nothing that keeps them in.</exception>
    public static CodeVerifier Open(bool allowed) =>
        allowed
            ? new CodeVerifier(Sandbox.Open())
            : throw new MttException(
                "code tasks are scored by running what the model wrote",
                "Allow it with --allow-code-execution; mtt docs security describes the sandbox."
            );

    /// <inheritdoc/>
    public string Metric(ShardedTask task) => "accuracy";

    /// <inheritdoc/>
    public Verdict Judge(ShardedTask task, string reply)
    {
        IReadOnlyList<CodeTest> tests = Tests(task);
        string function = Function(task);
        IReadOnlyDictionary<string, string>? found = _sandbox.Extract(Blocks(reply));
        if (found is null || found["whole"].Length == 0)
        {
            return Verdict.NoAnswer(reply);
        }

        string whole = found["whole"];
        string own = found["name"] is { Length: > 0 } name && function.Length > 0 ? name : function;
        bool isCorrect = Passes(Imports(task) + whole, own, tests);
        return Verdict.Of(whole, isCorrect, Passes(Imports(task) + Rename(found["cut"], function), function, tests));
    }

    /// <summary>The task's own <c>reference_code</c>, or nothing.</summary>
    public string RightAnswer(ShardedTask task) => task.Json.GetString("reference_code") ?? "";

    /// <summary>A function that gives nothing.</summary>
    public string WrongAnswer(ShardedTask task) =>
        $"```python\ndef {(Function(task) is { Length: > 0 } name ? name : "main")}(*arguments):\n    return None\n```";

    /// <inheritdoc/>
    public string? WhyUnscorable(ShardedTask task)
    {
        IReadOnlyList<CodeTest> tests = Tests(task);
        return tests.Count == 0 ? "it has no tests"
            : Function(task).Length > 0 && tests.Any(test => !test.IsJson) ? "an output of its tests is no JSON"
            : null;
    }

    private bool Passes(string code, string function, IReadOnlyList<CodeTest> tests) =>
        tests.All(test => _sandbox.Run(code, function, test.Input) is { } said && test.Accepts(said));

    private static string[] Blocks(string reply)
    {
        string[] fenced = [.. Fenced().Matches(reply).Select(match => match.Groups[1].Value)];
        if (fenced.Length > 0)
        {
            return fenced;
        }

        int start = reply.LastIndexOf("import", StringComparison.Ordinal);
        start = start >= 0 ? start : reply.LastIndexOf("def ", StringComparison.Ordinal);
        return start >= 0 ? [reply[start..]] : [];
    }

    private static string Rename(string code, string function) =>
        function.Length > 0 && Defined().Match(code) is { Success: true } first
            ? Regex.Replace(
                code,
                $@"\b{Regex.Escape(first.Groups[1].Value)}\b",
                function.Replace("$", "$$", StringComparison.Ordinal)
            )
            : code;

    // HumanEval's prompts import what their functions need.
    private static string Imports(ShardedTask task) =>
        string.Concat(
            (task.Json.GetString("prompt") ?? "")
                .Split('\n')
                .Where(line =>
                    line.StartsWith("import ", StringComparison.Ordinal)
                    || line.StartsWith("from ", StringComparison.Ordinal)
                )
                .Select(line => line + "\n")
        );

    private static string Function(ShardedTask task) =>
        TaskField.Read(task, "metadata", json => CodeTest.Object(json)?.GetValueOrDefault("func_name") as string ?? "");

    private static IReadOnlyList<CodeTest> Tests(ShardedTask task) =>
        [
            .. TaskField.Read(task, "public_test_cases", CodeTest.ReadAll),
            .. TaskField.Read(task, "private_test_cases", CodeTest.ReadAll),
        ];

    [GeneratedRegex(@"```(?:python|py)?[ \t]*\n(.*?)(?:```|\z)", RegexOptions.Singleline)]
    private static partial Regex Fenced();

    [GeneratedRegex(@"\bdef\s+(\w+)")]
    private static partial Regex Defined();

    /// <summary>One input and what must come out.</summary>
    private sealed record CodeTest(string Input, string Output)
    {
        /// <summary>Whether the output is one that a function can return.</summary>
        public bool IsJson => TryRead(Output, out _);

        public static IReadOnlyList<CodeTest> ReadAll(object? json) =>
            Parse(json) switch
            {
                null => [],
                List<object?> tests => tests.ConvertAll(test =>
                    Object(test) is { } one
                    && one.GetValueOrDefault("input") is string input
                    && one.GetValueOrDefault("output") is string output
                        ? new CodeTest(input, output)
                        : throw new FormatException("a test needs the texts input and output")
                ),
                _ => throw new FormatException("is no list of tests; pickled tests are not read: write them as JSON"),
            };

        public static IReadOnlyDictionary<string, object?>? Object(object? json) =>
            Parse(json) as IReadOnlyDictionary<string, object?>;

        public bool Accepts(IReadOnlyDictionary<string, string> said) =>
            said.TryGetValue("result", out string? result)
                ? TryRead(result, out object? given)
                    && TryRead(Output, out object? wanted)
                    && PythonEquality.Same(given, wanted)
                : said.TryGetValue("printed", out string? printed) && SameLines(printed, Output);

        // Python writes NaN and Infinity, which are no JSON.
        private static bool TryRead(string json, out object? value)
        {
            value = null;
            try
            {
                value = JsonView.Parse(json).ToTree();
                return true;
            }
            catch (FormatException)
            {
                return false;
            }
        }

        private static object? Parse(object? json) =>
            json is string text && text.TrimStart() is ['[' or '{', ..] ? JsonView.Parse(text).ToTree() : json;

        private static bool SameLines(string printed, string wanted)
        {
            string[] said = Lines(printed);
            string[] gold = Lines(wanted);
            return said.Length == gold.Length
                && said.Zip(gold).All(both => both.First == both.Second || SameNumbers(both.First, both.Second));
        }

        private static string[] Lines(string text) => [.. text.Trim().Split('\n').Select(line => line.Trim())];

        private static bool SameNumbers(string said, string gold)
        {
            decimal?[] left = [.. said.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Number)];
            decimal?[] right = [.. gold.Split(' ', StringSplitOptions.RemoveEmptyEntries).Select(Number)];
            return left.SequenceEqual(right) && !left.Contains(null);
        }

        private static decimal? Number(string text) =>
            decimal.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out decimal number)
                ? number
                : null;
    }
}
