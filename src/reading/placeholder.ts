/**
 * Text that a person was meant to replace: the documentation's ACR_REPO_HERE, IMAGE_NAME_HERE, ADAPTER_HERE,
 * ACR_REGISTRY_SECRET_HERE (in any case), and the usual <your-registry>.
 */
export const isPlaceholder = (text: string): boolean => /_here(?![a-z0-9])|<[^<>]+>/i.test(text)
