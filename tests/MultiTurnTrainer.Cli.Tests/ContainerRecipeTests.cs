using System.Text.RegularExpressions;
using MultiTurnTrainer.Cli.Commands;

namespace MultiTurnTrainer.Cli.Tests;

/// <summary>The container recipes, read as an engine reads them: there is none in the tests to build them with.</summary>
public partial class ContainerRecipeTests
{
    private static readonly string[] _instructions =
    [
        "ARG",
        "CMD",
        "COPY",
        "ENTRYPOINT",
        "ENV",
        "FROM",
        "RUN",
        "WORKDIR",
    ];

    public static TheoryData<string> Recipes =>
        [
            .. Directory
                .GetFiles(Path.Combine(Repository.Root, "scripts/container"), "Dockerfile.*")
                .Select(path => Path.GetFileName(path)!),
        ];

    [Fact]
    public void Recipes_OfTheRepository_AreForCpuAndCuda() =>
        Assert.Equal(["Dockerfile.cpu", "Dockerfile.cuda"], Recipes.Select(row => (string)row.Data).Order());

    [Theory]
    [MemberData(nameof(Recipes))]
    public void Recipe_EveryInstruction_IsKnownAndHasArguments(string recipe)
    {
        (string Name, string Text)[] steps = Read(recipe);
        Assert.All(steps, step => Assert.Contains(step.Name, _instructions));
        Assert.All(steps, step => Assert.NotEqual("", step.Text));
        Assert.Equal("FROM", steps.First(step => step.Name != "ARG").Name);
        Assert.Single(steps, step => step.Name == "ENTRYPOINT");
        Assert.Single(steps, step => step.Name == "CMD");
    }

    [Theory]
    [MemberData(nameof(Recipes))]
    public void Recipe_Base_IsPinnedToAVersion(string recipe)
    {
        (string Name, string Text)[] steps = Read(recipe);
        Dictionary<string, string> arguments = steps
            .Where(step => step.Name == "ARG")
            .Select(step => step.Text.Split('=', 2))
            .ToDictionary(pair => pair[0], pair => pair[1]);
        string image = Variable()
            .Replace(steps.Single(step => step.Name == "FROM").Text, match => arguments[match.Groups[1].Value]);
        Assert.Matches(@"^[a-z]+(/[a-z]+)?:\d[\w.-]+$", image);
    }

    /// <summary>A recipe copies what the packing script writes, and nothing else of the checkout.</summary>
    [Theory]
    [MemberData(nameof(Recipes))]
    public void Recipe_Copies_OnlyWhatThePackingScriptMakes(string recipe)
    {
        string script = File.ReadAllText(Path.Combine(Repository.Root, "scripts/package.sh"));
        (string _, string copied) = Assert.Single(Read(recipe), step => step.Name == "COPY");
        Assert.Equal("artifacts/packages/mtt /usr/local/bin/mtt", copied);
        Assert.Contains("packages=artifacts/packages", script, StringComparison.Ordinal);
        Assert.Contains("$packages/mtt", script, StringComparison.Ordinal);
    }

    [Theory]
    [MemberData(nameof(Recipes))]
    public void Recipe_EveryCommandOfMtt_Parses(string recipe)
    {
        (string Name, string Text)[] steps = Read(recipe);
        string[] runs =
        [
            .. steps
                .Where(step => step.Name == "RUN")
                .SelectMany(step => step.Text.Split("&&", StringSplitOptions.TrimEntries))
                .Where(command => command.StartsWith("mtt ", StringComparison.Ordinal))
                .Select(command => command["mtt ".Length..]),
            .. steps
                .Where(step => step.Name == "CMD")
                .Select(step => string.Join(' ', Quoted().Matches(step.Text).Select(match => match.Groups[1].Value))),
        ];
        Assert.True(runs.Length >= 3);
        Assert.All(runs, run => Assert.Empty(MttCli.Root().Parse(run).Errors));
    }

    /// <summary>Packages that apt installs leave no lists behind, and come without what they only recommend.</summary>
    [Theory]
    [MemberData(nameof(Recipes))]
    public void Recipe_Packages_AreInstalledWithoutLeftovers(string recipe)
    {
        (string _, string run) = Assert.Single(
            Read(recipe),
            step => step.Text.Contains("apt-get install", StringComparison.Ordinal)
        );
        Assert.StartsWith(
            "apt-get update && apt-get install -y --no-install-recommends ",
            run,
            StringComparison.Ordinal
        );
        Assert.EndsWith(" && rm -rf /var/lib/apt/lists/*", run, StringComparison.Ordinal);
        string[] installed = run.Split("&&")[1].Split(' ', StringSplitOptions.RemoveEmptyEntries)[4..];
        Assert.Equal(installed.Order(StringComparer.Ordinal), installed);
        Assert.Contains("g++", installed);
    }

    [Fact]
    public void Recipe_OfTheCpu_InstallsWhatDoctorAsksFor()
    {
        string text = string.Join('\n', Read("Dockerfile.cpu").Select(step => step.Text));
        string[] asked = LibTorch.Installations.LibTorchInstallation.Remedy.Split(' ');
        Assert.All(
            asked.SkipWhile(word => word != "install").Skip(1).TakeWhile(word => word != "(or"),
            package => Assert.Contains($" {package}", text, StringComparison.Ordinal)
        );
    }

    /// <summary>A recipe's instructions, comments left out and lines joined.</summary>
    private static (string Name, string Text)[] Read(string recipe)
    {
        string text = File.ReadAllText(Path.Combine(Repository.Root, "scripts/container", recipe));
        IEnumerable<string> lines = text.Split('\n').Where(line => !line.StartsWith('#'));
        string joined = Continued().Replace(string.Join('\n', lines), " ");
        return
        [
            .. joined
                .Split('\n', StringSplitOptions.RemoveEmptyEntries)
                .Select(line => line.Split(' ', 2))
                .Select(parts => (parts[0], parts.Length == 2 ? parts[1].Trim() : "")),
        ];
    }

    [GeneratedRegex(@"\s*\\\n\s*")]
    private static partial Regex Continued();

    [GeneratedRegex(@"\$\{(\w+)\}")]
    private static partial Regex Variable();

    [GeneratedRegex(@"""([^""]*)""")]
    private static partial Regex Quoted();
}
