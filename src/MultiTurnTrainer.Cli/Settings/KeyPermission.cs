namespace MultiTurnTrainer.Cli.Settings;

/// <summary>
/// Which key may go to which address. A settings file may come from somebody else, and so may not choose both: an endpoint
/// in it gets the key of an environment variable only where the user has said so in <c>MTT_KEY_HOSTS</c>.
/// </summary>
internal static class KeyPermission
{
    /// <summary>The user's list: <c>VARIABLE=host</c> or <c>VARIABLE=host:port</c>, with spaces or commas between.</summary>
    public const string Variable = "MTT_KEY_HOSTS";

    private const string DefaultKey = "OPENAI_API_KEY";
    private const string Official = "https://api.openai.com/v1";

    /// <summary>Looks at every endpoint below a section.</summary>
    /// <param name="section">The section.</param>
    /// <param name="flags">Nodes of the command line.</param>
    /// <exception cref="MttException">A key would go where the user has not allowed it.</exception>
    public static void Apply(YamlNode section, IReadOnlyDictionary<YamlNode, string> flags)
    {
        switch (section)
        {
            case YamlSequenceNode list:
                foreach (YamlNode item in list.Children)
                {
                    Apply(item, flags);
                }

                break;
            case YamlMappingNode map:
                foreach (YamlNode value in map.Children.Values)
                {
                    Apply(value, flags);
                }

                Check(map, flags);
                break;
        }
    }

    private static void Check(YamlMappingNode endpoint, IReadOnlyDictionary<YamlNode, string> flags)
    {
        YamlScalarNode? address = Of(endpoint, "base_url");
        YamlScalarNode? variable = Of(endpoint, "api_key_env");
        if (address is null && variable is null)
        {
            return;
        }

        string name = variable?.Value ?? DefaultKey;
        string url = address?.Value ?? Official;
        bool typed =
            (address is null || flags.ContainsKey(address)) && (variable is null || flags.ContainsKey(variable));
        bool usual = name == DefaultKey && url.StartsWith("https://api.openai.com/", StringComparison.Ordinal);
        if (typed || usual || Environment.GetEnvironmentVariable(name) is not { Length: > 0 } || IsAllowed(name, url))
        {
            return;
        }

        if (variable is null)
        {
            // The file asks for no key: none is sent.
            endpoint.Add(
                new YamlScalarNode("api_key_env"),
                new YamlScalarNode("") { Style = ScalarStyle.DoubleQuoted }
            );
            Console.Error.WriteLine(
                $"note: {DefaultKey} is not sent to {Printable.Line(url)}; {Hint(DefaultKey, url)} allows it"
            );
            return;
        }

        throw new MttException(
            $"the settings would send the environment variable {name} to {url}",
            $"Where that is meant, allow it: {Hint(name, url)}"
        );
    }

    private static string Hint(string name, string url) => $"export {Variable}={name}={HostOf(url)}";

    private static bool IsAllowed(string name, string url) =>
        (Environment.GetEnvironmentVariable(Variable) ?? "")
            .Split([' ', ',', '\n', '\t'], StringSplitOptions.RemoveEmptyEntries)
            .Any(entry => entry == $"{name}={HostOf(url)}" || entry == $"{name}={HostOf(url, withPort: false)}");

    private static string HostOf(string url, bool withPort = true) =>
        !Uri.TryCreate(url, UriKind.Absolute, out Uri? address) ? "?"
        : withPort && !address.IsDefaultPort ? address.Authority
        : address.Host;

    private static YamlScalarNode? Of(YamlMappingNode endpoint, string key) =>
        endpoint.Children.TryGetValue(new YamlScalarNode(key), out YamlNode? value) ? value as YamlScalarNode : null;
}
