using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace MultiTurnTrainer.Serving.Tests;

/// <summary>The document names what is mapped, and nothing else.</summary>
public class OpenApiTests
{
    [Fact]
    public async Task Document_NamesEveryPathAndMethodOfTheSource()
    {
        await using TestServer server = await TestServer.StartAsync(ClientScript.Play);
        JsonObject document = (await server.GetAsync("/openapi.json")).Json;
        string source = string.Concat(
            Directory
                .EnumerateFiles(
                    Path.Combine(Repository.Root, "src/MultiTurnTrainer.Serving"),
                    "*.cs",
                    SearchOption.AllDirectories
                )
                .Select(File.ReadAllText)
        );
        IEnumerable<string> mapped = Regex
            .Matches(source, @"\.Map(Get|Post|Delete)\(\s*""(/v1/[^""]*)""")
            .Select(match => $"{match.Groups[1].Value.ToLowerInvariant()} {match.Groups[2].Value.Replace("**", "")}");

        IEnumerable<string> described = document["paths"]!
            .AsObject()
            .SelectMany(path => path.Value!.AsObject().Select(method => $"{method.Key} {path.Key}"));

        Assert.Equal(mapped.Order(StringComparer.Ordinal), described.Order(StringComparer.Ordinal));
        Assert.Equal("3.1.0", (string?)document["openapi"]);
    }
}
