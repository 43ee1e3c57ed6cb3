using System.Text.RegularExpressions;
using System.Xml.Linq;

namespace MultiTurnTrainer.Cli.Tests;

/// <summary>A room references only what stands left of it or below it.</summary>
public class ArchitectureTests
{
    private static readonly Dictionary<string, string[]> _allowed = new()
    {
        ["Files"] = [],
        ["Unicode"] = [],
        ["Hub"] = ["Files"],
        ["Documentation"] = ["Files"],
        ["Conversations"] = ["Files"],
        ["Validation"] = ["Files", "Conversations"],
        ["Context"] = ["Files", "Conversations"],
        ["Templates"] = ["Files", "Unicode"],
        ["Tokenizers"] = ["Files", "Unicode"],
        ["Agents"] = ["Files", "Conversations", "Context", "Tokenizers", "Datasets", "Sessions"],
        ["Datasets"] = ["Files", "Unicode", "Conversations", "Validation", "Context", "Templates", "Tokenizers"],
        ["Audit"] = ["Files", "Conversations", "Templates", "Tokenizers", "Datasets"],
        ["LibTorch"] = ["Files"],
        ["Models"] = ["Files", "LibTorch"],
        ["Training"] = ["Files", "Datasets", "Models", "LibTorch"],
        ["Inference"] =
        [
            "Files",
            "Conversations",
            "Context",
            "Templates",
            "Tokenizers",
            "Datasets",
            "LibTorch",
            "Models",
        ],
        ["Synthesis"] = ["Files", "Conversations", "Context", "Inference"],
        ["Sessions"] = ["Files", "Conversations", "Context", "Datasets"],
        ["Evaluation"] = ["Files", "Conversations", "Inference"],
        ["Runs"] = ["Files", "Evaluation"],
        ["Serving"] = ["Files", "Conversations", "Context", "Datasets", "Models", "Inference", "Sessions"],
        ["Cli"] =
        [
            "Files",
            "Hub",
            "Conversations",
            "Validation",
            "Context",
            "Templates",
            "Tokenizers",
            "Datasets",
            "LibTorch",
            "Models",
            "Training",
            "Inference",
            "Synthesis",
            "Evaluation",
            "Runs",
            "Audit",
            "Serving",
            "Sessions",
            "Documentation",
            "Agents",
        ],
    };

    /// <summary>
    /// Circles between folders that stay, and why. The list only shrinks: one that is gone must leave it.
    /// </summary>
    private static readonly Dictionary<string, string> _circles = new()
    {
        [": MultiTurnTrainer, TorchSharp"] =
            "the subset of TorchSharp's names lies on our binding, and the binding hands its tensors out",
        ["Templates: ., Builtins, Rendering, Syntax, Values"] =
            "an interpreter over its own tree: nodes render themselves, and values may be callables that render",
        [
            "Tokenizers: ., AddedTokens, Decoders, Fast, Loading, Normalizers, PostProcessors, PreTokenizers, Regex, Text"
        ] = "the loaders make the parts, and the parts share the root's offsets and options",
        ["TorchSharp: ., Utils"] = "the namespaces are TorchSharp's, not ours",
    };

    private const int MostLinesOfAMethod = 60;

    public static TheoryData<string> Rooms =>
        [.. Directory.GetDirectories(Source).Select(path => Path.GetFileName(path))];

    private static string Source => Path.Combine(Repository.Root, "src");

    [Theory]
    [MemberData(nameof(Rooms))]
    public void References_OfARoom_AreAllowed(string project)
    {
        string room = project["MultiTurnTrainer.".Length..];
        XDocument file = XDocument.Load(Path.Combine(Source, project, project + ".csproj"));
        IEnumerable<string> references = file.Descendants("ProjectReference")
            .Select(node =>
                Path.GetFileNameWithoutExtension(node.Attribute("Include")!.Value)["MultiTurnTrainer.".Length..]
            );

        Assert.True(_allowed.ContainsKey(room), $"{room} is not a room that the design knows");
        Assert.Empty(references.Except(_allowed[room]));
    }

    [Fact]
    public void Folders_OfARoom_HaveNoCircleThatIsNotListed()
    {
        string[] found = [.. Directory.GetDirectories(Source).SelectMany(FolderGraph.FindCircles)];

        string[] changes =
        [
            .. found.Except(_circles.Keys).Select(circle => $"new: {circle}"),
            .. _circles.Keys.Except(found).Select(circle => $"gone, so take it off the list: {circle}"),
        ];
        Assert.True(changes.Length == 0, string.Join('\n', changes));
    }

    [Fact]
    public void Methods_OfTheSource_FitAScreen() => Assert.Empty(MethodLengths.FindLonger(Source, MostLinesOfAMethod));

    /// <summary>Only the rooms that <c>Directory.Build.targets</c> names, with the reason, name System.Text.Json.</summary>
    [Theory]
    [MemberData(nameof(Rooms))]
    public void Json_IsNamed_OnlyInTheRoomsThatAreListed(string project)
    {
        string targets = File.ReadAllText(Path.Combine(Repository.Root, "Directory.Build.targets"));
        string listed = string.Concat(
            Regex.Matches(targets, @"<JsonRooms>(?:\$\(JsonRooms\))?(.*?)</JsonRooms>").Select(m => $";{m.Groups[1]}")
        );
        if (listed.Contains($";{project["MultiTurnTrainer.".Length..]};", StringComparison.Ordinal))
        {
            return;
        }

        Regex json = new(
            @"\bSystem\.Text\.Json\b|\b(Json(Element|Node|Object|Array|Document|Serializer)|Utf8Json\w+)\b"
        );
        Assert.DoesNotContain(
            Directory.EnumerateFiles(Path.Combine(Source, project), "*.cs", SearchOption.AllDirectories),
            path => json.IsMatch(File.ReadAllText(path))
        );
    }

    /// <summary>A file names the folders of its room that it uses, or <see cref="FolderGraph"/> would not see them.</summary>
    [Theory]
    [MemberData(nameof(Rooms))]
    public void Usings_OfAProjectFile_AreOfOtherRooms(string project) =>
        Assert.DoesNotMatch($@"<Using Include=""{project}[."";]", ReadProject(project));

    /// <summary>One file of a folder begins with what the folder does and what it refuses to know.</summary>
    [Theory]
    [MemberData(nameof(Rooms))]
    public void Folders_OfARoom_SayWhatTheyDo(string project)
    {
        IEnumerable<string> silent = Directory
            .EnumerateFiles(Path.Combine(Source, project), "*.cs", SearchOption.AllDirectories)
            .GroupBy(path => Path.GetDirectoryName(path)!)
            .Where(files =>
            {
                string name = Path.GetFileName(files.Key).Replace("MultiTurnTrainer.", "");
                Regex header = new($@"^// Folder {name}: .+\.\n// Refuses to know: .+\.\n");
                return files.Count(path => header.IsMatch(File.ReadAllText(path))) != 1;
            })
            .Select(files => Path.GetRelativePath(Source, files.Key));
        Assert.Empty(silent);
    }

    [Theory]
    [MemberData(nameof(Rooms))]
    public void Console_IsWrittenTo_OnlyByTheCli(string project)
    {
        if (project == "MultiTurnTrainer.Cli")
        {
            return;
        }

        IEnumerable<string> offenders = Directory
            .EnumerateFiles(Path.Combine(Source, project), "*.cs", SearchOption.AllDirectories)
            .Where(path => Regex.IsMatch(File.ReadAllText(path), @"\bConsole\.|\bAnsiConsole\b"));
        Assert.Empty(offenders);
    }

    [Theory]
    [InlineData("Hub")]
    [InlineData("Documentation")]
    [InlineData("Conversations")]
    [InlineData("Context")]
    [InlineData("Validation")]
    [InlineData("Unicode")]
    [InlineData("Templates")]
    [InlineData("Tokenizers")]
    [InlineData("Datasets")]
    [InlineData("Audit")]
    [InlineData("Synthesis")]
    [InlineData("Evaluation")]
    [InlineData("Sessions")]
    public void DataRooms_DoNotTouchLibtorch(string room)
    {
        IEnumerable<string> offenders = Directory
            .EnumerateFiles(Path.Combine(Source, $"MultiTurnTrainer.{room}"), "*.cs", SearchOption.AllDirectories)
            .Where(path => Regex.IsMatch(File.ReadAllText(path), @"\busing (static )?TorchSharp\b"));
        Assert.Empty(offenders);
        Assert.DoesNotContain("TorchSharp", ReadProject($"MultiTurnTrainer.{room}"), StringComparison.Ordinal);
    }

    private static string ReadProject(string project) =>
        File.ReadAllText(Path.Combine(Source, project, project + ".csproj"));
}
